/**
 * What a backend engineer writes first: JSON.parse, a Set of users a minute. Same rules for late frames (lag 5 s); no protection
 * from hostile timestamps, so frames more than a minute ahead are skipped by hand.
 */
export class MinuteSets {
  /** The minutes that are over. */
  readonly counts: { readonly ts: number; readonly cnt: number }[] = [];
  readonly #windows = new Map<number, Set<string>>();
  #highest = Number.NEGATIVE_INFINITY;

  /** Counts a frame, if it is one and in time. */
  take(text: string): void {
    let frame: { ts?: unknown; uid?: unknown };
    try {
      frame = JSON.parse(text) as typeof frame;
    } catch {
      return;
    }
    const ts = Number(frame?.ts);
    const isText = typeof frame?.uid === "string" || typeof frame?.uid === "number";
    if (!isText || typeof frame.ts === "object" || typeof frame.ts === "boolean" || !(ts >= 0 && ts < 1e11)) return;
    if (this.#highest !== Number.NEGATIVE_INFINITY && ts > this.#highest + 60) return;
    const start = Math.floor(ts / 60) * 60;
    if (start + 60 <= this.#highest - 5) return;
    const users = this.#windows.get(start) ?? new Set<string>();
    this.#windows.set(start, users.add(String(frame.uid)));
    if (ts <= this.#highest) return;
    this.#highest = ts;
    this.#close(ts - 5);
  }

  /** Closes all minutes: nothing more comes. */
  end(): void {
    this.#close(Number.POSITIVE_INFINITY);
  }

  #close(watermark: number): void {
    for (const [start, users] of [...this.#windows].sort(([a], [b]) => a - b)) {
      if (start + 60 > watermark) continue;
      this.counts.push({ ts: start, cnt: users.size });
      this.#windows.delete(start);
    }
  }
}
