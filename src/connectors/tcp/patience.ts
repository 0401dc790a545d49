import { stallMs } from "./pace.ts";

/** For how long nothing has to happen for no more to be hoped for. */
export const patienceMs = 10_000;

/**
 * For how long those who wait for memory go on waiting: for as long as every ten seconds an eighth of it becomes free. The kernel takes
 * nothing more for a client before a third of what it has for that client, megabytes, is gone, so one that reads all the time may seem to stand still for
 * seconds.
 */
export class Patience {
  readonly #stepBytes: number;
  #markBytes = Number.POSITIVE_INFINITY;
  #looks = 0;

  /** `totalBytes`: how much memory there is. */
  constructor(totalBytes: number) {
    this.#stepBytes = totalBytes / 8;
  }

  /** Whether it is at its end, `usedBytes` being in use. Call it every {@link stallMs} of waiting. */
  ends(usedBytes: number): boolean {
    this.#looks += 1;
    if (this.#markBytes - usedBytes >= this.#stepBytes) {
      this.#markBytes = usedBytes;
      this.#looks = 0;
    }
    if (this.#looks * stallMs < patienceMs) return false;
    this.renew();
    return true;
  }

  /** It begins anew. */
  renew(): void {
    this.#markBytes = Number.POSITIVE_INFINITY;
    this.#looks = 0;
  }
}
