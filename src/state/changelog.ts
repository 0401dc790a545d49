import { reasonOf } from "../core/errors.ts";
import type { Stateful } from "../core/state.ts";
import { Compaction } from "./compaction.ts";
import type { FolderSettings } from "./folder-settings.ts";
import { isBase, type SegmentRef, segmentName, segmentNumber } from "./segment.ts";
import { SegmentWriter } from "./segment-writer.ts";

/** A compaction under way. */
interface Compacting {
  readonly work: Compaction;
  readonly file: string;
  /** How many of the committed segments were there when it began: those that its base replaces. */
  readonly replaced: number;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  /** Whether the base was finished before the last commit was called, so that the next one may rest on it. */
  ripe: boolean;
}

/** The segments of a state folder: what the last commit rests on, what is being appended to, and the base being written. */
export class Changelog {
  readonly #folder: string;
  readonly #settings: FolderSettings;
  /** Of the last commit that succeeded, and of the one under way. */
  #committed: readonly SegmentRef[] = [];
  #proposed: readonly SegmentRef[] = [];
  #active: SegmentWriter | undefined;
  #compacting: Compacting | undefined;
  #compactions = 0;
  #nextNumber = 1;
  /** After a failed compaction: how long the log must be before the next. */
  #compactBytes = 0;
  /** Whether the commit under way rests on the new base. */
  #switching = false;
  /** Whether a base was given up. */
  #litter = false;

  constructor(folder: string, settings: FolderSettings) {
    this.#folder = folder;
    this.#settings = settings;
  }

  /** Begins after `segments`, with numbers that no file in the folder has. */
  async start(segments: readonly SegmentRef[]): Promise<void> {
    this.#committed = segments;
    const names = [...(await this.#settings.disk.list(this.#folder)), ...segments.map((segment) => segment.file)];
    this.#nextNumber = 1 + Math.max(0, ...names.map((name) => segmentNumber(name) ?? 0));
  }

  /** Appends blocks so that they survive power loss, and gives the segments that a manifest is now to name. */
  async append(blocks: Uint8Array): Promise<readonly SegmentRef[]> {
    const compacting = this.#compacting;
    this.#switching = compacting?.ripe === true;
    if (compacting?.work.base !== undefined) compacting.ripe = true;
    const isNew = this.#active === undefined && blocks.length > 0;
    let added: SegmentRef[] = [];
    try {
      if (blocks.length > 0) added = [await this.#write(blocks)];
      // Before a manifest can be found, what it names must be: the first has no other to fall back on.
      if (isNew || this.#switching) await this.#settings.disk.syncFolder(this.#folder);
    } catch (error) {
      await this.abandon();
      throw error;
    }
    const base = this.#switching ? [compacting!.work.base!] : [];
    const before = this.#switching ? this.#committed.slice(compacting!.replaced) : this.#committed;
    this.#proposed = [...base, ...before.filter((segment) => segment.file !== added[0]?.file), ...added];
    return this.#proposed;
  }

  /** After a failed commit: what was appended is not to be counted on, nor to be written over. */
  async abandon(): Promise<void> {
    await this.#active?.close();
    this.#active = undefined;
  }

  /** After a commit that succeeded. True when files have fallen out of use. Begins a compaction when it is time. */
  committed(stores: ReadonlyMap<string, Stateful>): boolean {
    const unused = this.#switching || this.#litter;
    this.#committed = this.#proposed;
    this.#litter = false;
    if (this.#switching) {
      this.#switching = false;
      this.#compacting = undefined;
      this.#compactions++;
    } else if (this.#compacting === undefined && this.#isLong()) this.#compact(stores);
    return unused;
  }

  /** Names of files that no manifest names yet. */
  inUse(): string[] {
    return [this.#active?.file, this.#compacting?.file].filter((file) => file !== undefined);
  }

  async close(): Promise<void> {
    this.#compacting?.work.stop();
    await this.#compacting?.ended;
    await this.abandon();
  }

  status(): Record<string, number | string> {
    const compacting = this.#compacting;
    return {
      segments: this.#committed.length,
      bytes: sum(this.#committed),
      baseBytes: sum(this.#committed.filter(isBase)),
      compaction: compacting === undefined ? "none" : compacting.work.base === undefined ? "writing" : "written",
      compactions: this.#compactions,
    };
  }

  async #write(blocks: Uint8Array): Promise<SegmentRef> {
    const { disk } = this.#settings;
    this.#active ??= await SegmentWriter.create(disk, this.#folder, "changes", this.#nextNumber++);
    await this.#active.append(blocks);
    await this.#active.sync();
    return this.#active.ref;
  }

  /** The base stands for what lives: the log is long when it has grown to twice that. */
  #isLong(): boolean {
    const { compactBytesMin, segmentsMax } = this.#settings;
    const bytes = sum(this.#committed);
    const live = sum(this.#committed.filter(isBase));
    const tooMany = this.#committed.length > segmentsMax && this.#compactBytes === 0;
    return tooMany || bytes > Math.max(compactBytesMin, 2 * live, this.#compactBytes);
  }

  #compact(stores: ReadonlyMap<string, Stateful>): void {
    const { disk, clock, warn, pace, compactBytesMin } = this.#settings;
    const work = new Compaction(disk, this.#folder, clock, pace);
    const number = this.#nextNumber++;
    const active = this.#active;
    this.#active = undefined;
    const failed = (error: unknown) => {
      warn(`the state in ${this.#folder} could not be compacted: ${reasonOf(error)}`);
      this.#compacting = undefined;
      this.#litter = true;
      this.#compactBytes = sum(this.#committed) + compactBytesMin;
    };
    const ended = Promise.resolve(active?.close())
      .then(() => work.run(number, stores))
      .then(() => {
        this.#compactBytes = 0;
      }, failed);
    const file = segmentName("base", number);
    this.#compacting = { work, file, replaced: this.#committed.length, ended, ripe: false };
  }
}

function sum(segments: readonly SegmentRef[]): number {
  return segments.reduce((bytes, segment) => bytes + segment.bytes, 0);
}
