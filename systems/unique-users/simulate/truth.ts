import { durationText, MillraceError } from "millrace";
import type { TruthOptions } from "./options.ts";

/** One window as the job must report it. */
export interface TruthWindow {
  /** Its start, in Unix seconds. */
  readonly ts: number;
  /** Its different users. */
  readonly cnt: number;
  /** Its size, such as `"1m"`; only when there are several. */
  readonly window?: string;
}

/** What the job must report for the frames made. */
export interface Truth {
  /** By window end, then size. */
  readonly windows: readonly TruthWindow[];
  /** By size (`"1m"`): frames left out because their window had fired. */
  readonly lateByWindow: Readonly<Record<string, number>>;
}

interface OpenWindow {
  readonly startMs: number;
  readonly sizeMs: number;
  readonly users: Set<number>;
}

/**
 * The rules of `unique-users` in their plainest form: a map of sets. It is told of the good frames in the order they are
 * written, by user number and time, and never sees a byte of them.
 */
export class TruthBook {
  readonly #options: TruthOptions;
  readonly #open = new Map<string, OpenWindow>();
  readonly #fired: TruthWindow[] = [];
  readonly #late: Record<string, number> = {};
  #highestMs = Number.NEGATIVE_INFINITY;

  constructor(options: TruthOptions) {
    this.#options = options;
    for (const sizeMs of options.windowsMs) this.#late[durationText(sizeMs)] = 0;
  }

  /**
   * A good frame was written. Throws `ML1002` when it is further ahead of all before it than `maxFutureMs`: what the job
   * then does depends on the frames to come, so that there is no one truth to tell.
   */
  add(user: number, timeMs: number): void {
    const { windowsMs, lagMs, maxFutureMs } = this.#options;
    if (timeMs - this.#highestMs > maxFutureMs && this.#highestMs > 0) throw tooFarApart(timeMs - this.#highestMs);
    for (const sizeMs of windowsMs) {
      const startMs = Math.floor(timeMs / sizeMs) * sizeMs;
      if (this.#highestMs - lagMs >= startMs + sizeMs) this.#late[durationText(sizeMs)]! += 1;
      else this.#window(startMs, sizeMs).users.add(user);
    }
    if (timeMs > this.#highestMs) {
      this.#highestMs = timeMs;
      this.#fire(timeMs - lagMs);
    }
  }

  /** No more frames: every window fires. */
  finish(): Truth {
    this.#fire(Number.POSITIVE_INFINITY);
    return { windows: this.#fired, lateByWindow: this.#late };
  }

  #window(startMs: number, sizeMs: number): OpenWindow {
    const key = `${startMs}+${sizeMs}`;
    let window = this.#open.get(key);
    if (window === undefined) this.#open.set(key, (window = { startMs, sizeMs, users: new Set() }));
    return window;
  }

  #fire(watermarkMs: number): void {
    const due = [...this.#open].filter(([, { startMs, sizeMs }]) => startMs + sizeMs <= watermarkMs);
    due.sort(([, a], [, b]) => a.startMs + a.sizeMs - (b.startMs + b.sizeMs) || a.sizeMs - b.sizeMs);
    for (const [key, { startMs, sizeMs, users }] of due) {
      this.#open.delete(key);
      const counted = { ts: startMs / 1_000, cnt: users.size };
      this.#fired.push(this.#options.windowsMs.length > 1 ? { ...counted, window: durationText(sizeMs) } : counted);
    }
  }
}

/** The windows as JSON lines, as the job writes them. */
export function truthLines(truth: Truth): string {
  return truth.windows.map((window) => `${JSON.stringify(window)}\n`).join("");
}

function tooFarApart(aheadMs: number): MillraceError {
  const message = `a good frame is ${aheadMs} ms ahead of all before it, more than truth.maxFutureMs; raise the rate, or lower the shares`;
  return new MillraceError("ML1002", { message });
}
