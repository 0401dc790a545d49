import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { sleep, systemClock } from "millrace";

/** A file that is written at a steady rate and rotated when it is long: what was `path` is then called `path` and `.1`. */
export class RotatingFile {
  readonly path: string;
  /** Bytes written in all, and to the file that has the name now. */
  bytes = 0;
  currentBytes = 0;
  rotations = 0;
  readonly #bytesPerSecond: number;
  readonly #rotateBytes: number;
  readonly #mayRotate: () => boolean;
  #file: FileHandle | undefined;
  #dueMs: number | undefined;

  /** `mayRotate` tells whether the reader is done with the file rotated last, which a further rotation removes. */
  constructor(path: string, bytesPerSecond: number, rotateBytes: number, mayRotate: () => boolean) {
    this.path = path;
    this.#bytesPerSecond = bytesPerSecond;
    this.#rotateBytes = rotateBytes;
    this.#mayRotate = mayRotate;
  }

  /** Writes whole lines, and resolves when the next are due. What was missed by more than a second is not made up for. */
  async write(lines: Uint8Array): Promise<void> {
    if (this.currentBytes >= this.#rotateBytes && this.#mayRotate()) await this.#rotate();
    this.#file ??= await open(this.path, "a");
    await this.#file.writeFile(lines);
    this.bytes += lines.length;
    this.currentBytes += lines.length;
    const now = systemClock.monotonic();
    this.#dueMs = Math.max(this.#dueMs ?? now, now - 1_000) + (1_000 * lines.length) / this.#bytesPerSecond;
    if (this.#dueMs > now) await sleep(systemClock, this.#dueMs - now);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #rotate(): Promise<void> {
    // Counted first: who looks at the files meanwhile then sees that the look is not to be relied on.
    this.rotations += 1;
    await this.close();
    await rm(`${this.path}.1`, { force: true });
    await rename(this.path, `${this.path}.1`);
    this.currentBytes = 0;
  }
}
