import type { Clock, Timer } from "../../core/clock.ts";
import type { FanOutSettings } from "./fan-out-settings.ts";
import type { PagePool } from "./page-pool.ts";
import type { UserClient } from "./user-client.ts";

/** How long a client may take nothing before those who wait for it go on without it. */
export const stallMs = 1_000;

/** What the clients may be behind in all, when it is not a few that are slow, in bytes. */
const pacedBytesMax = 32 * 1024 * 1024;

type PaceSettings = Pick<FanOutSettings, "slowClient" | "bufferBytes" | "totalBufferBytes">;

/**
 * Says when the source has to wait for the clients.
 *
 * With `"block"` it waits for any client whose buffer is full, for as long as that takes. Otherwise it is held to the pace
 * of the median client: while more than half of the clients are half a buffer behind, or, where there are many, their share
 * of 32 MiB, it is not they that are slow but the stream that is fast. Who takes nothing at all while it waits is left out of the count after {@link stallMs}.
 *
 * Under every policy it waits, too, while the memory of what waits for single clients is used up, until a quarter of it is free.
 */
export class Pace {
  readonly #settings: PaceSettings;
  readonly #clients: ReadonlySet<UserClient>;
  readonly #pool: PagePool;
  #lagging = 0;
  #stalled = 0;
  #over = false;
  #waiting: (() => void)[] = [];

  constructor(settings: PaceSettings, clients: ReadonlySet<UserClient>, pool: PagePool) {
    this.#settings = settings;
    this.#clients = clients;
    this.#pool = pool;
  }

  get held(): boolean {
    if (this.#over) return true;
    if (this.#settings.slowClient === "block") return this.#lagging > 0;
    return this.#lagging > (this.#clients.size - this.#stalled) / 2;
  }

  /** Whether the memory of what waits for single clients is used up. */
  get over(): boolean {
    return this.#over;
  }

  /** Looks at a client of which something changed. */
  note(client: UserClient): void {
    const { slowClient, bufferBytes } = this.#settings;
    const blocks = slowClient === "block";
    const high = blocks ? bufferBytes : Math.min(bufferBytes / 2, pacedBytesMax / this.#clients.size);
    const ignored = client.gone || (client.stalled && !blocks);
    const lagging = !ignored && client.bytes > (client.lagging ? high / 2 : high);
    if (lagging !== client.lagging) this.#lagging += lagging ? 1 : -1;
    client.lagging = lagging;
    this.#release();
  }

  /** Marks a client as stalled, or as going again. */
  stall(client: UserClient, stalled: boolean): void {
    if (client.stalled === stalled) return;
    client.stalled = stalled;
    this.#stalled += stalled ? 1 : -1;
    this.note(client);
  }

  /** A client that is not counted any more. Call it after the client was removed. */
  forget(client: UserClient): void {
    if (client.stalled) this.#stalled -= 1;
    if (client.lagging) this.#lagging -= 1;
    client.stalled = client.lagging = false;
    this.#release();
  }

  /** Resolves when the source need not wait any more. */
  released(): Promise<void> {
    if (!this.held) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets those go who wait. */
  end(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #release(): void {
    const { totalBufferBytes } = this.#settings;
    this.#over = this.#pool.usedBytes > (this.#over ? 0.75 * totalBufferBytes : totalBufferBytes);
    if (this.#waiting.length > 0 && !this.held) this.end();
  }
}

/**
 * Looks, while somebody waits for clients, every {@link stallMs} for those that took nothing in the meantime, and then calls `looked`. Who
 * begins to wait when another waits already may wait up to twice as long.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #clients: ReadonlySet<UserClient>;
  readonly #stalled: (client: UserClient) => void;
  readonly #looked: () => void;
  #timer: Timer | undefined;

  constructor(
    clock: Clock,
    clients: ReadonlySet<UserClient>,
    stalled: (client: UserClient) => void,
    looked: () => void,
  ) {
    this.#clock = clock;
    this.#clients = clients;
    this.#stalled = stalled;
    this.#looked = looked;
  }

  /** Watches for as long as `wanted` says so. */
  start(wanted: () => boolean): void {
    if (this.#timer !== undefined) return;
    const before = new Map<UserClient, number>();
    for (const client of this.#clients) if (client.bytes > 0) before.set(client, client.progress);
    this.#timer = this.#clock.timer(stallMs, () => {
      this.#timer = undefined;
      for (const [client, progress] of before)
        if (client.progress === progress && client.bytes > 0) this.#stalled(client);
      this.#looked();
      if (wanted()) this.start(wanted);
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
