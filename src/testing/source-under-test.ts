import { systemClock } from "../core/clock.ts";
import { nodeDisk } from "../core/node-disk.ts";
import { type Batch, type Position, Slice } from "../core/records.ts";
import type { Source, SourceReader } from "../core/source.ts";
import { silentMeter } from "./silent-meter.ts";

/** A source with known content, as `sourceConformance` looks at it. */
export interface SourceFixture<T> {
  readonly source: Source<T>;
  /** The texts of its records, by partition, in order; it ends behind them. Ten or more in all. */
  readonly expected: Readonly<Record<string, readonly string[]>>;
  /** Clears away what the fixture made. */
  dispose?(): Promise<void>;
}

/** Where each partition is read on. */
export type Resume = ReadonlyMap<string, Position>;

/** A record as it was read. */
export interface ReadRecord {
  readonly partition: string;
  readonly text: string;
  /** Where the partition is read on after this record. */
  readonly next: Position;
}

/** Opens the source to be read from `resume` on. */
export function openSource<T>(
  { source }: SourceFixture<T>,
  resume: Resume,
  signal: AbortSignal = new AbortController().signal,
): Promise<SourceReader<T>> {
  return source.open({ id: "source", clock: systemClock, disk: nodeDisk, meter: silentMeter, resume, signal });
}

/** All records from `resume` on. */
export async function readAll<T>(fixture: SourceFixture<T>, resume: Resume): Promise<ReadRecord[]> {
  const reader = await openSource(fixture, resume);
  const read: ReadRecord[] = [];
  for (let batch = await reader.read(); batch !== "end"; batch = await reader.read()) read.push(...recordsOf(batch));
  await reader.close();
  return read;
}

/** The records of a batch. */
export function recordsOf(batch: Batch): ReadRecord[] {
  return Array.from({ length: batch.size }, (_, index) => ({
    partition: batch.partition.name,
    text: textAt(batch, index),
    next: batch.resume(index + 1),
  }));
}

/** A value's text: bytes as UTF-8, other values as JSON, texts as they are. */
export function textOf(value: unknown): string {
  if (value instanceof Slice) return value.text();
  return typeof value === "string" ? value : JSON.stringify(value);
}

function textAt(batch: Batch, index: number): string {
  if (batch.buffer === undefined) return textOf(batch.values[index]);
  const { buffer, bounds } = batch;
  return Buffer.from(buffer.subarray(bounds[2 * index]!, bounds[2 * index + 1]!)).toString("utf8");
}

/** The texts of one partition. */
export function textsOf(read: readonly ReadRecord[], partition: string): string[] {
  return read.filter((one) => one.partition === partition).map(({ text }) => text);
}
