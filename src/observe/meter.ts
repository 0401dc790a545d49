import type { Clock } from "../core/clock.ts";
import type { Counter, Meter } from "../core/meter.ts";
import type { Logger } from "./log.ts";
import { printable } from "./printable.ts";

/** What a step's meter is made of. */
export interface MeterOptions {
  /** The step's id, named in its warnings. */
  readonly step: string;
  readonly clock: Clock;
  /** Where warnings go. */
  readonly logger: Logger;
  /** Distinct labels of one counter name, and distinct kinds of warnings; what comes after is counted as `"other"`. */
  readonly labelsMax?: number | undefined;
  /** At most one line per kind of warning in so many milliseconds. */
  readonly warnEveryMs?: number | undefined;
}

/** Length of a label from the data: more than tells one reason from another is waste in every scrape. */
const labelCharsMax = 100;

interface Sampled {
  nextMs: number;
  suppressed: number;
  last: string;
}

/**
 * The figures of one step, bounded whatever the data holds: labels by number and length, warnings by time and kind.
 * A counter costs an addition; asking for one costs two map look-ups.
 */
export class StepMeter implements Meter {
  readonly #step: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #labelsMax: number;
  readonly #warnEveryMs: number;
  readonly #plain = new Map<string, Counter>();
  readonly #labelled = new Map<string, Map<string, Counter>>();
  readonly #gauges = new Map<string, () => number>();
  readonly #warnings = new Map<string, Sampled>();

  constructor(options: MeterOptions) {
    this.#step = options.step;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#labelsMax = options.labelsMax ?? 200;
    this.#warnEveryMs = options.warnEveryMs ?? 5_000;
  }

  counter(name: string, label?: string): Counter {
    if (label === undefined) return entry(this.#plain, name, () => ({ value: 0 }));
    const labels = entry(this.#labelled, name, () => new Map<string, Counter>());
    return labels.get(label) ?? this.#addLabel(labels, label);
  }

  #addLabel(labels: Map<string, Counter>, label: string): Counter {
    const safe = labels.size < this.#labelsMax ? printable(label, labelCharsMax) : "other";
    return entry(labels, safe, () => ({ value: 0 }));
  }

  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  warn(kind: string, message: string): void {
    const known = this.#warnings.has(kind) || this.#warnings.size < this.#labelsMax ? kind : "other";
    const sampled = entry(this.#warnings, known, () => ({ nextMs: Number.NEGATIVE_INFINITY, suppressed: 0, last: "" }));
    const now = this.#clock.monotonic();
    if (now < sampled.nextMs) {
      sampled.suppressed += 1;
      sampled.last = message;
      return;
    }
    this.#write(known, message, sampled.suppressed);
    sampled.nextMs = now + this.#warnEveryMs;
    sampled.suppressed = 0;
  }

  #write(kind: string, message: string, suppressed: number): void {
    const fields = { step: this.#step, kind: printable(kind, labelCharsMax) };
    this.#logger.warn(printable(message), suppressed === 0 ? fields : { ...fields, suppressed });
  }

  /** Writes, for each kind with warnings held back, the last of them and how many there were besides. Call it at the end of the run. */
  flush(): void {
    for (const [kind, sampled] of this.#warnings) {
      if (sampled.suppressed === 0) continue;
      this.#write(kind, sampled.last, sampled.suppressed - 1);
      sampled.suppressed = 0;
    }
  }

  /** Every counter just now, for `StepStatus.counters`: `{ "late": 3, "dead:no ts": 2 }`. */
  counters(): Record<string, number> {
    const all: [string, number][] = [];
    for (const [name, counter] of this.#plain) all.push([name, counter.value]);
    for (const [name, labels] of this.#labelled) {
      for (const [label, counter] of labels) all.push([`${name}:${label}`, counter.value]);
    }
    return Object.fromEntries(all);
  }

  /** Every gauge just now; NaN for one whose function throws. */
  gauges(): Record<string, number> {
    return Object.fromEntries([...this.#gauges].map(([name, read]) => [name, readSafely(read)]));
  }
}

function readSafely(read: () => number): number {
  try {
    return read();
  } catch {
    return Number.NaN;
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
