import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Disk } from "../../core/disk.ts";
import { nodeDisk } from "../../core/node-disk.ts";
import type { RecordInfo } from "../../core/operator.ts";
import type { ByteBatch, Position, Slice } from "../../core/records.ts";
import type { SinkContext } from "../../core/sink.ts";
import type { Source, SourceContext, SourceReader } from "../../core/source.ts";

const meter = { counter: () => ({ value: 0 }), gauge: () => undefined, warn: () => undefined };

export interface Setting {
  readonly disk?: Disk;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

export function sourceContext(setting: Setting = {}, resume?: Position): SourceContext {
  return {
    id: "source",
    clock: setting.clock ?? systemClock,
    disk: setting.disk ?? nodeDisk,
    meter,
    resume: new Map(resume === undefined ? [] : [["files", resume]]),
    signal: setting.signal ?? new AbortController().signal,
  };
}

export function sinkContext(setting: { disk?: Disk; resume?: unknown; checkpointed?: boolean } = {}): SinkContext {
  return {
    id: "sink",
    clock: systemClock,
    disk: setting.disk ?? nodeDisk,
    meter,
    resume: setting.resume,
    checkpointed: setting.checkpointed ?? true,
  };
}

/** A record's info with the bytes of a text. */
export function recordOf(raw?: string): RecordInfo {
  const bytes = raw === undefined ? undefined : Buffer.from(raw);
  return { time: Number.NaN, key: undefined, partition: undefined, raw: () => bytes, describe: () => "here" };
}

export interface Read {
  readonly text: string;
  readonly place: string;
  readonly resume: Position;
  readonly reason?: string;
}

/** The records of one batch; latin1, so that no byte is lost. Positions take the way through JSON that checkpoints take. */
export function recordsIn(batch: ByteBatch): Read[] {
  const reasons = new Map(batch.refused?.map((one) => [one.index, one.reason]));
  return Array.from({ length: batch.size }, (_, index) => {
    const reason = reasons.get(index);
    return {
      text: Buffer.from(batch.buffer.subarray(batch.bounds[2 * index]!, batch.bounds[2 * index + 1]!)).toString(
        "latin1",
      ),
      place: batch.describe(index),
      resume: JSON.parse(JSON.stringify(batch.resume(index))) as Position,
      ...(reason === undefined ? {} : { reason }),
    };
  });
}

/** Reads a reader to its end. */
export async function readAll(reader: SourceReader<Slice>): Promise<Read[]> {
  const records: Read[] = [];
  for (;;) {
    const batch = await reader.read();
    if (batch === "end") return records;
    records.push(...recordsIn(batch as ByteBatch));
  }
}

/** Opens, reads to the end and closes. */
export async function readSource(source: Source<Slice>, setting: Setting = {}, resume?: Position): Promise<Read[]> {
  const reader = await source.open(sourceContext(setting, resume));
  try {
    return await readAll(reader);
  } finally {
    await reader.close();
  }
}

/** A path in a folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
