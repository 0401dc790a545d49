import type { Windows } from "../../src/time/windows.ts";

/** A record as the oracle sees it. */
export interface Rec {
  readonly time: number;
  readonly key: string | undefined;
  readonly user: string;
  readonly n: number;
}

interface Pane {
  start: number;
  end: number;
  readonly key: string | undefined;
  records: Rec[];
  readonly born: number;
  emitted: string | undefined;
  changed: boolean;
}

/** What the rules of the window step say must come out, computed from all records of a window each time. */
export class WindowOracle {
  readonly out: unknown[] = [];
  readonly late: unknown[] = [];
  readonly #windows: Windows;
  readonly #latenessMs: number;
  #panes: Pane[] = [];
  #watermark = Number.NEGATIVE_INFINITY;
  #born = 0;

  readonly #names: readonly string[];

  /** `names`: the aggregates that come out. */
  constructor(windows: Windows, latenessMs: number, names: readonly string[]) {
    this.#names = names;
    this.#windows = windows;
    this.#latenessMs = latenessMs;
  }

  record(record: Rec): void {
    const refused = [];
    for (const [start, end] of boundsOf(this.#windows, record.time)) {
      if (!this.#take(record, start, end)) refused.push({ start, end, size: end - start });
    }
    refused.sort((a, b) => a.end - b.end || a.size - b.size);
    if (refused.length > 0) this.late.push({ value: record, time: record.time, window: refused[0] });
  }

  watermark(time: number): void {
    if (time <= this.#watermark) return;
    this.#emit(this.#panes.filter(({ end }) => end <= this.#watermark));
    this.#emit(this.#panes.filter(({ end }) => end > this.#watermark && end <= time));
    this.#watermark = time;
    this.#panes = this.#panes.filter(({ end }) => end + this.#latenessMs > time);
  }

  flush(): void {
    this.#emit(this.#panes.filter(({ end }) => end <= this.#watermark));
    this.#emit(this.#panes.filter(({ end }) => end > this.#watermark));
  }

  #take(record: Rec, start: number, end: number): boolean {
    const session = this.#windows.kind === "session";
    const same = this.#panes.filter(
      (pane) =>
        pane.key === record.key &&
        (session ? pane.start < end && start < pane.end : pane.start === start && pane.end === end),
    );
    if (same.length === 0 && end + this.#latenessMs <= this.#watermark) return false;
    const pane: Pane = same[0] ?? {
      start,
      end,
      key: record.key,
      records: [],
      born: this.#born++,
      emitted: undefined,
      changed: true,
    };
    if (same.length === 0) this.#panes.push(pane);
    for (const other of same.slice(1)) {
      pane.records.push(...other.records);
      pane.emitted ??= other.emitted;
    }
    this.#panes = this.#panes.filter((other) => !same.slice(1).includes(other));
    pane.records.push(record);
    pane.changed = true;
    pane.start = Math.min(pane.start, ...same.map((other) => other.start), start);
    pane.end = Math.max(pane.end, ...same.map((other) => other.end), end);
    return true;
  }

  #emit(panes: readonly Pane[]): void {
    const order = panes.toSorted((a, b) => a.end - b.end || b.start - a.start || a.born - b.born);
    for (const pane of order) {
      if (!pane.changed) continue;
      pane.changed = false;
      const { start, end, key, records } = pane;
      const results = Object.fromEntries(this.#names.map((name) => [name, resultsOf(records)[name]]));
      const text = JSON.stringify([start, end, results]);
      if (text === pane.emitted) continue;
      const update = pane.emitted !== undefined;
      if (this.#latenessMs > 0 || update || end > this.#watermark) pane.emitted = text;
      this.out.push({ key, window: { start, end, size: end - start, update }, ...results });
    }
  }
}

function boundsOf(windows: Windows, time: number): [start: number, end: number][] {
  if (windows.kind === "session") return [[time, time + windows.gapMs]];
  const sizes = windows.kind === "tumbling" ? windows.sizesMs : [windows.sizeMs];
  const bounds: [number, number][] = [];
  for (const size of sizes) {
    const every = windows.kind === "tumbling" ? size : windows.everyMs;
    for (let start = windows.offsetMs - 1000 * every; start <= time; start += every) {
      if (start + size > time) bounds.push([start, start + size]);
    }
  }
  return bounds;
}

function resultsOf(records: readonly Rec[]): Record<string, number> {
  const numbers = records.map(({ n }) => n);
  const sum = numbers.reduce((a, b) => a + b, 0);
  return {
    count: records.length,
    users: new Set(records.map(({ user }) => user)).size,
    sum,
    min: Math.min(...numbers),
    max: Math.max(...numbers),
    mean: sum / numbers.length,
  };
}
