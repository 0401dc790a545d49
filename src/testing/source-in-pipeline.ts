import assert from "node:assert/strict";
import { sleep, systemClock } from "../core/clock.ts";
import type { Operator } from "../core/operator.ts";
import type { Sink } from "../core/sink.ts";
import type { Source, SourceReader } from "../core/source.ts";
import { Job } from "../runtime/job.ts";
import { stream } from "../stream/stream.ts";
import { fencedPlan } from "./fence-plan.ts";
import { memoryCheckpoints } from "./memory-checkpoints.ts";
import { memorySink } from "./memory-sink.ts";
import { Lifetime } from "./passage.ts";
import { type Resume, type SourceFixture, textOf } from "./source-under-test.ts";

/** What a watched source tells of. */
interface Watch<T> {
  opened?(reader: SourceReader<T>): void;
  read?(): void;
  ended?(): void;
  acknowledged?(positions: Resume): void;
}

function watched<T>(source: Source<T>, watch: Watch<T>): Source<T> {
  const open: Source<T>["open"] = async (context) => {
    const reader = await source.open(context);
    watch.opened?.(reader);
    return {
      get pending() {
        return reader.pending ?? false;
      },
      read: async () => {
        watch.read?.();
        const batch = await reader.read();
        if (batch === "end") watch.ended?.();
        return batch;
      },
      acknowledge: async (positions) => {
        watch.acknowledged?.(positions);
        await reader.acknowledge?.(positions);
      },
      close: () => reader.close(),
    };
  };
  return { traits: source.traits, open };
}

/** Values as texts of their own. */
const asText: Operator<unknown, string> = {
  kind: "text",
  open: (context) => ({ record: (value) => context.emit(textOf(value)) }),
};

/** A sink that is full after each value, and takes a millisecond to drain. */
function slow<T>(sink: Sink<T>, held: (is: boolean) => void): Sink<T> {
  const open: Sink<T>["open"] = async (context) => {
    const writer = await sink.open(context);
    let full = false;
    return {
      get full() {
        return full;
      },
      write: (value, record) => {
        writer.write(value, record);
        full = true;
      },
      drain: async () => {
        held(true);
        await sleep(context.clock, 1);
        full = false;
        held(false);
      },
      flush: () => writer.flush(),
      prepare: () => writer.prepare(),
      close: () => writer.close(),
    };
  };
  return { traits: sink.traits, open };
}

/** Fails if the source is asked for more while a sink is full. */
export async function isNotReadWhileHeld<T>(fixture: SourceFixture<T>): Promise<void> {
  const state = { held: false, early: 0 };
  const read = () => {
    if (state.held) state.early += 1;
  };
  const sink = memorySink<string>();
  const held = (is: boolean) => {
    state.held = is;
  };
  const pipeline = stream("source", watched(fixture.source, { read })).via("text", asText).to("sink", slow(sink, held));
  await pipeline.run({ signals: false }).done;
  assert.equal(state.early, 0, "it was read while the sink was full");
  assert.deepEqual([...sink.values].sort(), Object.values(fixture.expected).flat().sort());
}

/** Runs it in processes that die at their first checkpoint, one after another, until one comes to the end. */
export async function diesAndGoesOn<T>(fixture: SourceFixture<T>): Promise<void> {
  const checkpoints = memoryCheckpoints();
  const sink = memorySink<string>();
  // Each life gets at least one record on.
  const livesMax = 10 + 2 * Object.values(fixture.expected).flat().length;
  let ended = false;
  let lives = 0;
  while (!ended) {
    ended = await liveUntilAcknowledged(fixture, checkpoints, sink);
    lives += 1;
    assert.ok(lives < livesMax, "it does not get on from one checkpoint to the next");
  }
  assert.ok(lives > 2, "the run came to its end before it could be killed: give it more records");
  for (const [partition, texts] of Object.entries(fixture.expected)) {
    const found = sink.values.filter((text) => texts.includes(text));
    assert.deepEqual(found, texts, `records of partition "${partition}"`);
  }
}

/** True when the run has come to its end; false when it was told before that something is safe, and killed. */
async function liveUntilAcknowledged<T>(
  { source }: SourceFixture<T>,
  checkpoints: ReturnType<typeof memoryCheckpoints>,
  sink: Sink<string>,
): Promise<boolean> {
  const life = new Lifetime();
  const killed = Promise.withResolvers<boolean>();
  const readers: SourceReader<T>[] = [];
  let atEnd = false;
  const acknowledged = (positions: Resume) => {
    const safe = checkpoints.checkpoint?.sources.source ?? {};
    const message = "what was acknowledged is not what the newest checkpoint holds";
    assert.deepEqual(Object.fromEntries(positions), safe, message);
    if (atEnd) return;
    life.kill();
    killed.resolve(false);
  };
  const ended = () => {
    atEnd = true;
  };
  const seen = watched(source, { acknowledged, ended, opened: (reader) => void readers.push(reader) });
  const { plan } = stream("source", seen)
    .via("text", asText)
    .to(
      "sink",
      slow(sink, () => {}),
    );
  const options = { clock: systemClock, checkpoints: checkpoints.connect(), checkpointIntervalMs: 1 };
  const job = new Job(fencedPlan(plan, life), options);
  const finished = await Promise.race([job.done.then(() => true), killed.promise]);
  // As the system does for a process that has died.
  if (!finished) for (const reader of readers) await reader.close();
  return finished;
}
