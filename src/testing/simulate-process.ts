import { sleep } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { ManualClock } from "./manual-clock.ts";
import { never, type Passage } from "./passage.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { StartFaults } from "./simulate-faults.ts";
import type { Trace } from "./simulate-trace.ts";

/** What a simulated process is made of. */
export interface SimProcessOptions {
  readonly clock: ManualClock;
  readonly disk: SimDisk;
  /** Decides how long operations take and which of them fail. */
  readonly random: Random;
  readonly faults: StartFaults;
  readonly trace: Trace;
}

const dayMs = 86_400_000;

/**
 * A process in a simulation. Each of its operations is a place before it and one behind it where the process may die,
 * takes some virtual time, and may fail.
 */
export class SimProcess implements Passage {
  over = false;
  /** It was made to fail in some way, so that its job may fail. */
  faulted: boolean;
  /** It is to be stopped cleanly. */
  stopping = false;
  /** Places passed. */
  operations = 0;
  readonly options: SimProcessOptions;
  /** For operations of the disk, which fail as a disk does. */
  readonly ofDisk: Passage;

  constructor(options: SimProcessOptions) {
    this.options = options;
    const { disk } = options;
    this.faulted = disk.capacityBytes !== Number.POSITIVE_INFINITY;
    const self = this;
    this.ofDisk = {
      get over() {
        return self.over;
      },
      point: (name) => this.point(name),
      pass: (name, work) => this.#pass(name, work, () => disk.failIn(1, "EIO")),
    };
  }

  point(name: string): void {
    const { faults, trace, clock } = this.options;
    const at = ++this.operations;
    trace.add(clock.monotonic(), name);
    if (at === faults.fullDiskAt) this.#fillDisk();
    if (at === faults.jumpAt) clock.jump(this.options.random.below(2 * dayMs) - dayMs);
    if (at === faults.stopAt) this.stopping = true;
    if (at === faults.crashAt) this.kill();
  }

  pass<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#pass(name, work, () => {
      throw new Error(`${name} was made to fail`);
    });
  }

  kill(): void {
    const { faults, trace, clock, disk } = this.options;
    const survival = faults.survival ?? "random";
    trace.add(clock.monotonic(), `crash, ${survival} survives`);
    this.over = true;
    disk.crash(survival);
  }

  async #pass<T>(name: string, work: () => Promise<T>, fail: () => void): Promise<T> {
    if (!this.over) this.point(name);
    if (this.over) return never();
    const delayMs = this.#delayMs();
    if (delayMs > 0) await sleep(this.options.clock, delayMs);
    if (this.over) return never();
    try {
      // A lock goes with its process, whatever the disk says.
      if (this.options.random.next() < (this.options.faults.errorRate ?? 0) && !name.startsWith("unlock")) {
        this.faulted = true;
        this.#note(`${name} is made to fail`);
        fail();
      }
      const result = await work();
      if (!this.over) this.point(`${name} done`);
      return this.over ? never() : result;
    } catch (thrown) {
      if (this.over) return never();
      this.#note(`${name} failed`);
      throw thrown;
    }
  }

  #note(what: string): void {
    this.options.trace.add(this.options.clock.monotonic(), what);
  }

  /** Most operations take no time, some a few milliseconds, and one in a hundred, where there are stalls, up to five seconds. */
  #delayMs(): number {
    const { random, faults } = this.options;
    const kind = random.below(100);
    const share = random.below(1000);
    if (kind < 60) return 0;
    if (kind < 95) return 1 + (share % 5);
    if (kind < 99 || faults.stalls !== true) return share % 100;
    return 5 * share;
  }

  #fillDisk(): void {
    const { disk, clock, random } = this.options;
    this.faulted = true;
    disk.capacityBytes = disk.usedBytes + random.below(300);
    this.#note("the disk is full");
    clock.timer(random.below(3000), () => {
      disk.capacityBytes = Number.POSITIVE_INFINITY;
    });
  }
}
