import assert from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import { nodeDisk } from "../core/node-disk.ts";
import type { RecordInfo } from "../core/operator.ts";
import type { Sink, SinkWriter } from "../core/sink.ts";
import { type ConformanceCase, casesOf } from "./conformance-case.ts";
import { silentMeter } from "./silent-meter.ts";

/** A sink, as {@link sinkConformance} looks at it. */
export interface SinkFixture<T> {
  readonly sink: Sink<T>;
  /** The `n`-th value to write, no two the same. */
  value(n: number): T;
  /** What has arrived on the other side, in order, each as the text that `text` gives. */
  arrived(): Promise<readonly string[]>;
  /** The text of the `n`-th value on the other side. */
  text(n: number): string;
  /** After how many values, written at once, it must be full; the case is left out when it never is. */
  readonly fullAfter?: number | undefined;
  /** Clears away what the fixture made. */
  dispose?(): Promise<void>;
}

const record: RecordInfo = {
  time: Number.NaN,
  key: undefined,
  partition: undefined,
  raw: () => undefined,
  describe: () => "a record of the conformance suite",
};

/**
 * What every sink must do that takes part in checkpoints, as cases to run under any test framework; `make` makes a fixture
 * for each, with nothing in it yet. A sink that is exactly-once must hold each value once after a crash, others at least once.
 */
export function sinkConformance<T>(
  name: string,
  make: () => Promise<SinkFixture<T>> | SinkFixture<T>,
): ConformanceCase[] {
  return casesOf<SinkFixture<T>>(name, make, {
    "writes every value, in order": async (fixture) => {
      const writer = await open(fixture, undefined);
      await write(fixture, writer, 0, 100);
      await checkpoint(writer);
      await writer.close();
      await holds(fixture, 100);
    },
    "writes without checkpoints": async (fixture) => {
      const writer = await open(fixture, undefined, false);
      await write(fixture, writer, 0, 20);
      await checkpoint(writer);
      await writer.close();
      await holds(fixture, 20);
    },
    "can be checkpointed with nothing written, and twice": async (fixture) => {
      const writer = await open(fixture, undefined);
      await checkpoint(writer);
      await write(fixture, writer, 0, 3);
      await checkpoint(writer);
      await checkpoint(writer);
      await writer.close();
      await holds(fixture, 3);
    },
    "goes on from each of its checkpoints in turn": goesOnInTurn,
    "takes back, or writes again, what came after the checkpoint": (fixture) => diesAfter(fixture, 7),
    "goes on from a checkpoint that holds nothing": (fixture) => diesAfter(fixture, 0),
    "does not count to a checkpoint what is written while it is taken": writesWhilePreparing,
    "finishes a checkpoint that was prepared, and not committed": preparesOnly,
    "is full after a while, and has room again when it has drained": fillsAndDrains,
  });
}

function open<T>({ sink }: SinkFixture<T>, token: unknown, checkpointed = true): Promise<SinkWriter<T>> {
  const resume = token === undefined ? undefined : JSON.parse(JSON.stringify(token));
  return sink.open({ id: "sink", clock: systemClock, disk: nodeDisk, meter: silentMeter, resume, checkpointed });
}

async function write<T>(fixture: SinkFixture<T>, writer: SinkWriter<T>, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    writer.write(fixture.value(n), record);
    if (writer.full) await writer.drain();
  }
}

async function checkpoint<T>(writer: SinkWriter<T>): Promise<unknown> {
  const token = await writer.prepare();
  await writer.commit?.(token);
  return token;
}

async function holds<T>(fixture: SinkFixture<T>, count: number): Promise<void> {
  const arrived = await fixture.arrived();
  const expected = Array.from({ length: count }, (_, n) => fixture.text(n));
  if (fixture.sink.traits.delivery === "exactly-once") {
    assert.deepEqual(arrived, expected, "what has arrived");
    return;
  }
  assert.deepEqual([...new Set(arrived)], expected, "what has arrived, each value where it came first");
}

async function goesOnInTurn<T>(fixture: SinkFixture<T>): Promise<void> {
  let token: unknown;
  for (let round = 0; round < 4; round++) {
    const writer = await open(fixture, token);
    await write(fixture, writer, 5 * round, 5 * round + 5);
    token = await checkpoint(writer);
    await writer.close();
  }
  await holds(fixture, 20);
}

/** A process dies with values written after its only checkpoint, of `count`; the next writes them again. */
async function diesAfter<T>(fixture: SinkFixture<T>, count: number): Promise<void> {
  const writer = await open(fixture, undefined);
  await write(fixture, writer, 0, count);
  const token = await checkpoint(writer);
  await write(fixture, writer, count, count + 6);
  await writer.drain();
  await writer.close();
  const next = await open(fixture, token);
  await write(fixture, next, count, count + 9);
  await checkpoint(next);
  await next.close();
  await holds(fixture, count + 9);
}

async function writesWhilePreparing<T>(fixture: SinkFixture<T>): Promise<void> {
  const writer = await open(fixture, undefined);
  await write(fixture, writer, 0, 4);
  const prepared = writer.prepare();
  for (let n = 4; n < 8; n++) writer.write(fixture.value(n), record);
  const token = await prepared;
  await writer.commit?.(token);
  await writer.drain();
  await writer.close();
  const next = await open(fixture, token);
  await write(fixture, next, 4, 10);
  await checkpoint(next);
  await next.close();
  await holds(fixture, 10);
}

async function preparesOnly<T>(fixture: SinkFixture<T>): Promise<void> {
  const writer = await open(fixture, undefined);
  await write(fixture, writer, 0, 5);
  const token = await writer.prepare();
  await writer.close();
  const next = await open(fixture, token);
  await checkpoint(next);
  await next.close();
  await holds(fixture, 5);
}

async function fillsAndDrains<T>(fixture: SinkFixture<T>): Promise<void> {
  const { fullAfter } = fixture;
  const writer = await open(fixture, undefined);
  let count = 0;
  while (!writer.full && count < (fullAfter ?? 1000)) writer.write(fixture.value(count++), record);
  assert.equal(writer.full, fullAfter !== undefined, `after ${count} values`);
  await writer.drain();
  assert.equal(writer.full, false, "after it has drained");
  await checkpoint(writer);
  await writer.close();
  await holds(fixture, count);
}
