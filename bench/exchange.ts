// Counting users over several partitions: merging partial sets (what the engine does) beside sending every record to the
// task that has its user. Frames are generated in memory and tasks run one after another, without a broker: what is measured is CPU,
// and bytes on their way. `npm run bench -- exchange [frames]`; prints JSON by input.
import { zstdCompressSync } from "node:zlib";
import {
  type Batch,
  type ByteBatch,
  distinct,
  type Exchanged,
  Job,
  type Operator,
  type Pipeline,
  type Sink,
  type Source,
  type Stage,
  seededRandom,
  stagesOf,
  stream,
  tumbling,
} from "millrace";
import { uidText } from "../systems/unique-users/simulate/uids.ts";
import { median } from "./contestant.ts";

interface Frame {
  readonly ts: number;
  readonly uid: string;
}

/** Windows of each size: how many users in all. */
type Counts = Map<string, number>;

const partitions = 4;
const rounds = 3;
const batchRecords = 4_096;
const batchBytes = 256 * 1024;
const frames = Number(process.argv[2] ?? 1_000_000);

function framesOf(users: number, perSecond: number): Frame[][] {
  const random = seededRandom(1);
  const all: Frame[][] = Array.from({ length: partitions }, () => []);
  for (let i = 0; i < frames; i++) {
    // A text made afresh for each frame, as a decoder makes it.
    const uid = Buffer.from(uidText(random.below(users), 1)).toString();
    all[i % partitions]!.push({ ts: 1_750_000_000_000 + Math.floor((i * 1000) / perSecond), uid });
  }
  return all;
}

const source = (read: () => Batch<unknown> | "end"): Source<unknown> => ({
  traits: { name: "memory", replayable: true, live: false },
  open: async () => ({ read: async () => read(), close: async () => {} }),
});

const sink = <T>(write: (value: T) => void): Sink<T> => ({
  traits: { name: "memory", delivery: "at-least-once" },
  open: async () => ({
    write,
    full: false,
    drain: async () => {},
    flush: () => {},
    prepare: async () => null,
    close: async () => {},
  }),
});

const noPlace = { bytes: 0, resume: (index: number) => index, describe: () => "a record" };

function valuesOf(list: readonly Frame[]): Source<unknown> {
  let at = 0;
  return source(() => {
    const values = list.slice(at, at + batchRecords);
    at += values.length;
    return values.length === 0 ? "end" : { ...noPlace, partition: { name: "in" }, size: values.length, values };
  });
}

function bytesOf(records: readonly Uint8Array[]): Source<unknown> {
  let at = 0;
  return source(() => {
    const from = at;
    for (let bytes = 0; at < records.length && bytes < batchBytes; at++) bytes += records[at]!.length;
    if (at === from) return "end";
    const pieces = records.slice(from, at);
    const bounds = new Int32Array(2 * pieces.length);
    let end = 0;
    for (const [i, piece] of pieces.entries()) {
      bounds[2 * i] = end;
      bounds[2 * i + 1] = end += piece.length;
    }
    const buffer = Buffer.concat(pieces);
    return { ...noPlace, partition: { name: "in" }, size: pieces.length, buffer, bounds } satisfies ByteBatch;
  });
}

async function cpuNs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / frames;
}

interface Figures {
  readonly sendNs: number;
  readonly receiveNs: number;
  readonly bytes: number;
  readonly packedBytes: number;
  readonly counts: Counts;
}

async function run(pipeline: Pipeline, input: readonly (readonly Frame[])[]): Promise<Figures> {
  const [first, second] = stagesOf(pipeline.plan, partitions) as [Stage, Stage];
  const exchange: Uint8Array[][] = input.map(() => []);
  const send = ({ to, bytes }: Exchanged) => {
    for (const records of to === "all" ? exchange : [exchange[to]!]) records.push(bytes);
  };
  const counts: Counts = new Map();
  const result = sink<{ readonly window: { start: number; size: number }; readonly cnt: number }>((value) => {
    const name = `${value.window.start}+${value.window.size}`;
    counts.set(name, (counts.get(name) ?? 0) + value.cnt);
  });
  const task = (stage: Stage, from: Source<unknown>, p: number) =>
    new Job(
      stage.plan({
        source: from,
        sink: () => result,
        exchange: () => ({ sink: sink(send), partitions }),
        from: `in-${p}`,
        total: () => partitions,
        ends: undefined,
        onEnded: () => {},
      }),
    ).done;
  const sendNs = await cpuNs(async () => {
    for (const [p, list] of input.entries()) await task(first, valuesOf(list), p);
  });
  const bytes = exchange.flat().reduce((sum, record) => sum + record.length, 0) / frames;
  const receiveNs = await cpuNs(async () => {
    for (const [p, records] of exchange.entries()) await task(second, bytesOf(records), p);
  });
  return { sendNs, receiveNs, bytes, packedBytes: packed(exchange), counts };
}

/** Bytes a frame once batches are compressed, by zstd as the machine has it. */
function packed(exchange: readonly (readonly Uint8Array[])[]): number {
  let bytes = 0;
  for (const records of exchange) {
    const whole = Buffer.concat(records);
    for (let at = 0; at < whole.length; at += batchBytes) {
      bytes += zstdCompressSync(whole.subarray(at, at + batchBytes)).length;
    }
  }
  return bytes / frames;
}

const clocked = () =>
  stream("in", source(() => "end") as Source<Frame>).eventTime("clock", (frame) => frame.ts, { lag: "5s" });
const windows = tumbling("1m", "1h", "1d");
const counts = { cnt: distinct((frame: Frame) => frame.uid) };
const byParts = clocked()
  .window("users", windows)
  .aggregate(counts)
  .to(
    "out",
    sink(() => {}),
  );
const unkeyed: Operator<Frame, Frame> = {
  kind: "no key",
  open: (context) => ({ record: (value) => context.emitKeyed(undefined, value) }),
};
const byUser = clocked()
  .keyBy("by-user", (frame) => frame.uid)
  .via("all", unkeyed)
  .window("users", windows)
  .aggregate(counts)
  .to(
    "out",
    sink(() => {}),
  );

function text(results: Counts): string {
  return JSON.stringify([...results].sort());
}

const summary: Record<string, unknown> = {};
for (const [users, perSecond] of [
  [1_000, 1_000],
  [100_000, 1_000],
  [100_000, 20_000],
  [1_000_000, 1_000],
] as const) {
  const input = framesOf(users, perSecond);
  const all: Record<"parts" | "records", Figures[]> = { parts: [], records: [] };
  for (let round = 0; round <= rounds; round++) {
    const [parts, records] = [await run(byParts, input), await run(byUser, input)];
    if (text(parts.counts) !== text(records.counts)) throw new Error("the two ways count differently");
    if (round === 0) continue;
    all.parts.push(parts);
    all.records.push(records);
  }
  summary[`${users} users, ${perSecond} frames a second`] = Object.fromEntries(
    Object.entries(all).map(([name, runs]) => {
      const of = (figure: "sendNs" | "receiveNs" | "bytes" | "packedBytes") =>
        Math.round(10 * median(runs.map((one) => one[figure]))) / 10;
      return [
        name,
        { sendNs: of("sendNs"), receiveNs: of("receiveNs"), bytes: of("bytes"), packedBytes: of("packedBytes") },
      ];
    }),
  );
}
process.stdout.write(`${JSON.stringify(summary, undefined, 1)}\n`);
