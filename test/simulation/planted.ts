import { fileSink } from "../../src/connectors/file/index.ts";
import { stream } from "../../src/index.ts";
import { listSource, memorySink, type SimulateOptions, type World } from "../../src/testing/index.ts";
import {
  collectsLate,
  cutsTooLate,
  durableLater,
  forgetsItsCut,
  hastyFile,
  misplaced,
  missing,
  neverFull,
  notAtomic,
  unsynced,
} from "./broken-parts.ts";
import { scattered, upTo } from "./inputs.ts";
import { plans, windowPlan } from "./plans.ts";

/** Something that is broken on purpose, and what a simulation must say of it. */
export interface Planted {
  readonly options: SimulateOptions;
  readonly finding: RegExp;
}

const { keyed, windows, calls, chain } = plans as Record<"keyed" | "windows" | "calls" | "chain", SimulateOptions>;

function numbers(world: World) {
  return listSource(scattered(world.random, upTo(80), ["numbers"]), { batchRecords: 6 });
}

/** Numbers to a sink, which may be broken. */
function toSink(sink: () => ReturnType<typeof memorySink<number>>, bounds = {}): SimulateOptions {
  return { bounds, pipeline: (world) => stream("numbers", numbers(world)).to("out", sink()) };
}

function misplacedBy(offset: number): SimulateOptions {
  return {
    pipeline: (world) => stream("numbers", misplaced(numbers(world), offset)).to("out", fileSink("/out.jsonl")),
  };
}

const callsOnce: SimulateOptions["pipeline"] = (world) =>
  stream("numbers", numbers(world))
    .mapAsync(
      "calls",
      world.call("double", (n: number) => 2 * n),
      { concurrency: 4, onError: "skip" },
    )
    .to("out", fileSink("/out.jsonl"));

const callsAgain: SimulateOptions["pipeline"] = (world) =>
  stream("numbers", numbers(world))
    .mapAsync(
      "calls",
      world.call("double", (n: number) => 2 * n),
      { concurrency: 4, retry: { attempts: 9 } },
    )
    .to("out", fileSink("/out.jsonl"));

/** Bugs as engines have had them, each in one part that stands in for a sound one; by what is wrong. */
export const planted: Readonly<Record<string, Planted>> = {
  "a checkpoint before its sink is safe": {
    options: {
      pipeline: (world) =>
        stream("numbers", numbers(world))
          .map("text", (n) => `number ${n}`)
          .to("out", hastyFile("/out.txt")),
    },
    finding: /lost/,
  },
  "a sink that does not take back what came after the checkpoint": {
    options: {
      pipeline: (world) =>
        stream("numbers", numbers(world)).to("out", forgetsItsCut(fileSink("/out.jsonl", { append: true }))),
    },
    finding: /doubled/,
  },
  "a sink whose cut is taken too late": {
    options: toSink(() => cutsTooLate(memorySink<number>())),
    finding: /doubled/,
  },
  "a sink that is never full": {
    options: toSink(() => neverFull(memorySink<number>({ pendingRecordsMax: 5 })), { "out.pending": 6 }),
    finding: /without being drained/,
  },
  "a position one too far": { options: misplacedBy(1), finding: /lost/ },
  "a position one too short": { options: misplacedBy(-1), finding: /doubled/ },
  "an output that is not synced": {
    options: { ...chain, disk: (disk) => unsynced(disk, "/chain") },
    finding: /ML4002|lost/,
  },
  "a state folder that is not synced": {
    options: { ...keyed, disk: (disk) => unsynced(disk, "/state") },
    finding: /ML500|damaged|acknowledged|lost|foreign/,
  },
  "a store that forgets deletions": {
    options: { ...keyed, checkpoints: () => missing((_, value) => value === undefined) },
    finding: /foreign|out of order/,
  },
  "timers that are not restored": {
    options: { ...keyed, checkpoints: () => missing((store) => store === "visits/timers") },
    finding: /lost|foreign/,
  },
  "event time that is not restored": {
    options: { ...windows, checkpoints: () => missing((store) => store === "clock/clocks") },
    finding: /lost|foreign/,
  },
  "calls under way that are not restored": {
    options: { ...calls, checkpoints: () => missing((store) => store.endsWith("/calls")) },
    finding: /lost/,
  },
  "state collected after the positions": {
    options: { ...keyed, checkpoints: ({ clock }) => collectsLate(clock) },
    finding: /foreign|lost/,
  },
  "state stored before the positions": {
    options: { ...keyed, checkpoints: ({ clock }) => notAtomic(clock) },
    finding: /foreign|lost/,
  },
  "a checkpoint that is not safe when it says so": {
    options: { ...keyed, checkpoints: ({ clock }) => durableLater(clock) },
    finding: /was acknowledged|ML4002/,
  },
  "a watermark one millisecond too high": {
    options: {
      pipeline: (world) => windowPlan(world, { late: "drop", lag: "999ms" }),
      reference: (world) => windowPlan(world, { late: "drop", lag: "1s" }),
    },
    finding: /lost|foreign/,
  },
  "a call that failed and is not tried again": {
    options: { pipeline: callsOnce, reference: callsAgain },
    finding: /lost/,
  },
  "a call that never answers": {
    options: {
      pipeline: (world) =>
        stream("numbers", numbers(world))
          .mapAsync("calls", (n: number) =>
            n === 70 && world.clock.now() % 2 === 0 ? new Promise<number>(() => {}) : Promise.resolve(n),
          )
          .to("out", fileSink("/out.jsonl")),
      reference: (world) => stream("numbers", numbers(world)).to("out", fileSink("/out.jsonl")),
    },
    finding: /hangs/,
  },
};
