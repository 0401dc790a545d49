import type { SoakJob } from "./job.ts";
import type { RotatingFile } from "./rotating-file.ts";

/**
 * Knows when the job is done with the file rotated last, so that it may be removed: it has the file of today open, the other
 * no longer, and has taken two checkpoints since that was first seen.
 */
export class ReaderWatch {
  /** Set by whoever makes the file, which asks this watch whether it may rotate. */
  input: RotatingFile | undefined;
  #done = false;
  #rotations = -1;
  #checkpointsBefore: number | undefined;

  /** Forgets what was seen of the process before. */
  reset(): void {
    this.#done = false;
    this.#checkpointsBefore = undefined;
  }

  async look(job: SoakJob): Promise<void> {
    const input = this.input!;
    const rotations = input.rotations;
    const checkpoints = (await job.status())?.checkpoints?.count;
    const current = await this.#hasCurrentOnly(job);
    if (!current || checkpoints === undefined || rotations !== input.rotations) return this.reset();
    if (rotations !== this.#rotations) this.reset();
    this.#rotations = rotations;
    this.#checkpointsBefore ??= checkpoints;
    this.#done = checkpoints >= this.#checkpointsBefore + 2;
  }

  /** Whether the file may be rotated now. Once yes, it is no until the job was seen to be done with that one too. */
  mayRotate(): boolean {
    if (!this.#done) return false;
    this.reset();
    return true;
  }

  /** Whether the job has read everything there is. */
  async hasReadAll(job: SoakJob): Promise<boolean> {
    const source = (await job.status())?.sources[0];
    const all = source?.doneBytes === this.input!.currentBytes && source.silentMs > 500;
    return all && (await this.#hasCurrentOnly(job));
  }

  async #hasCurrentOnly(job: SoakJob): Promise<boolean> {
    const files = await job.openFiles();
    return files.includes(this.input!.path) && !files.includes(`${this.input!.path}.1`);
  }
}
