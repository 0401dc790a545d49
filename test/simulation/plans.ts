import { fileSink } from "../../src/connectors/file/index.ts";
import { Malformed } from "../../src/core/codec.ts";
import type { Slice } from "../../src/core/records.ts";
import { count, deadLetterLines, distinct, type Processor, stream, sum, tumbling } from "../../src/index.ts";
import {
  listSource,
  memorySink,
  pause,
  type SimulateOptions,
  textSource,
  type World,
} from "../../src/testing/index.ts";
import { type Reading, readings, scattered, upTo } from "./inputs.ts";

/** Small enough to fill, so that backpressure is part of every run. */
const tight = { pendingBytesMax: 150 };

/** Records, one by one, through steps that keep nothing; two partitions, three kinds of sink. */
const chain: SimulateOptions = {
  name: "chain",
  bounds: { "memory.pending": 12 },
  order: { "/chain.jsonl": partitionOf, memory: partitionOf, again: partitionOf },
  pipeline: (world) => {
    const numbers = scattered(world.random, upTo(90), ["p1", "p2"]);
    const records = stream("numbers", listSource(numbers, { batchRecords: 7 }))
      .map("square", (n) => ({ n, square: n * n }))
      .filter("keep", ({ n }) => n % 5 !== 0)
      .flatMap("twice", ({ n, square }) => [`${n}`, `${square}`]);
    return records
      .to("file", fileSink("/chain.jsonl", tight))
      .and(
        records.to("memory", memorySink({ pendingRecordsMax: 9 })),
        records.to("again", memorySink({ delivery: "at-least-once" })),
      );
  },
};

/** The order of partitions against one another is nobody's promise when a run goes on; here all are one, since one feed reads both. */
function partitionOf(): string {
  return "all";
}

/** Counts each user's readings, and says goodbye with a timer once a user has been silent for a while. */
const visits: Processor<Reading, string, string> = {
  kind: "visits",
  version: "1",
  open: (context) => {
    const total = context.state<{ count: number; sum: number }>("total");
    return {
      record: ({ n, ts }) => {
        const { count: before, sum: sumBefore } = total.get() ?? { count: 0, sum: 0 };
        total.set({ count: before + 1, sum: sumBefore + n });
        context.setTimer("silent", ts + 2_000);
        context.emit(`${context.key}: ${before + 1}`);
      },
      timer: () => {
        context.emit(`${context.key} leaves with ${JSON.stringify(total.get())} at ${context.time}`);
        total.delete();
      },
    };
  },
};

/** State and timers by key. */
const keyed: SimulateOptions = {
  name: "keyed",
  pipeline: (world) => {
    const items = scattered(world.random, readings(world.random, 120, 900), ["readings"]);
    const records = stream("readings", listSource(items, { batchRecords: 5 }))
      .eventTime("clock", ({ ts }) => ts, { lag: "1s" })
      .keyBy("user", ({ user }) => user)
      .process("visits", visits);
    return records
      .to("file", fileSink("/visits.jsonl", tight))
      .and(records.to("again", memorySink({ delivery: "at-least-once" })));
  },
};

const notJson = new Malformed("not JSON");

/** Reads a reading; every twentieth line or so is none. */
export const readingDecoder = {
  name: "reading",
  decode: (bytes: Uint8Array, start: number, end: number): Reading | Malformed => {
    try {
      return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
    } catch {
      return notJson;
    }
  },
};

/** How the plan of windows is set. */
export interface WindowPlanOptions {
  readonly late: "drop" | "update";
  readonly lag: string;
}

/** The lines of the plan of windows: readings, some of them spoiled. */
export function readingLines(world: World, lines: number): string[] {
  return readings(world.random, lines, 4_000).map((reading) =>
    world.random.below(20) === 0 ? `{"ts":${reading.ts},` : JSON.stringify(reading),
  );
}

/** Bytes to windows of several sizes, with late, held and dead records. */
export function windowPlan(world: World, { late, lag }: WindowPlanOptions, from = textSource) {
  const items = scattered(world.random, readingLines(world, 250), ["lines"]);
  const results = stream<Slice>("lines", from(items, { batchRecords: 11, live: false }))
    .decode("reading", readingDecoder)
    .eventTime("clock", ({ ts }) => ts, { lag, maxFuture: "30s" })
    .window("users", tumbling("1s", "5s", "20s"), { late, allowedLateness: "2s" })
    .aggregate({ users: distinct(({ user }) => user), total: sum(({ n }) => n) });
  return results
    .to("file", fileSink("/windows.jsonl", tight))
    .and(
      results.side("late").to("late", fileSink("/late.jsonl")),
      results.to("memory", memorySink({ pendingRecordsMax: 20 })),
    )
    .deadLetters("dead", fileSink("/dead.jsonl", { encoder: deadLetterLines }));
}

const windowsUpdate: SimulateOptions = {
  name: "windows",
  pipeline: (world) => windowPlan(world, { late: "update", lag: "1s" }),
};

const windowsDrop: SimulateOptions = {
  name: "windows-drop",
  pipeline: (world) => windowPlan(world, { late: "drop", lag: "2s" }),
};

/** Calls that are slow and fail, results in order and as they come. */
const calls: SimulateOptions = {
  name: "calls",
  bounds: { "ordered.inFlight": 4, "any.inFlight": 6 },
  order: { "/any.jsonl": "any" },
  pipeline: (world) => {
    const numbers = stream("numbers", listSource(scattered(world.random, upTo(80), ["numbers"]), { batchRecords: 6 }));
    const retry = { attempts: 4, baseMs: 10 };
    const square = world.call("square", (n: number) => {
      if (n % 17 === 0) throw new Error(`${n} has no square`);
      return { n, square: n * n };
    });
    return numbers
      .mapAsync("ordered", square, { concurrency: 4, retry, onError: "deadLetter", timeout: "20s" })
      .to("file", fileSink("/ordered.jsonl", tight))
      .and(
        numbers
          .mapAsync(
            "any",
            world.call("double", (n) => 2 * n),
            { concurrency: 6, order: "any", retry },
          )
          .to("second", fileSink("/any.jsonl", tight)),
      );
  },
};

/** Two sources, split, joined again, and counted by event time. */
const crossing: SimulateOptions = {
  name: "crossing",
  order: { "/crossing.jsonl": (text) => text.replace(/\d+/g, ""), big: (text) => text.slice(1, 3) },
  pipeline: (world) => {
    const source = (name: string, partitions: readonly string[]) => {
      const items = scattered(world.random, readings(world.random, 60, 500), partitions);
      const named = (reading: Reading) => ({ ...reading, from: name });
      return stream(name, listSource([pause(5), ...items], { batchRecords: 4 })).map(`${name}-named`, named);
    };
    const all = source("a", ["a1", "a2"]).merge("join", source("b", ["b1"]));
    const { big, small, rest } = all.branch("split", { big: ({ n }) => n > 40, small: ({ n }) => n < 10 });
    const joined = small.merge("join-again", rest);
    const totals = joined
      .eventTime("clock", ({ ts }) => ts, { lag: "2h" })
      .window("totals", tumbling("3s"))
      .aggregate({ records: count(), sum: sum(({ n }) => n) });
    return joined
      .map("text", ({ from, n }) => `${from} ${n}`)
      .to("file", fileSink("/crossing.jsonl", tight))
      .and(
        big.map("big-text", ({ from, n }) => `${from} ${n}`).to("big", memorySink({ pendingRecordsMax: 5 })),
        totals.to("totals-file", fileSink("/totals.jsonl")),
      );
  },
};

/** Every plan that is simulated, by name. */
export const plans: Readonly<Record<string, SimulateOptions>> = Object.fromEntries(
  [chain, keyed, windowsUpdate, windowsDrop, calls, crossing].map((plan) => [plan.name, plan]),
);
