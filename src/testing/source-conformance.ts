import assert from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import type { Position } from "../core/records.ts";
import { type ConformanceCase, casesOf } from "./conformance-case.ts";
import { diesAndGoesOn, isNotReadWhileHeld } from "./source-in-pipeline.ts";
import {
  openSource,
  type ReadRecord,
  type Resume,
  readAll,
  recordsOf,
  type SourceFixture,
  textsOf,
} from "./source-under-test.ts";

const fromTheStart: Resume = new Map();

/**
 * What every replayable source must do, as cases to run under any test framework; `make` makes a fixture for each. Runs on
 * the machine's own clock and disk.
 *
 * ```ts
 * for (const { name, run } of sourceConformance("file", makeFixture)) test(name, run);
 * ```
 */
export function sourceConformance<T>(
  name: string,
  make: () => Promise<SourceFixture<T>> | SourceFixture<T>,
): ConformanceCase[] {
  return casesOf<SourceFixture<T>>(name, make, {
    "gives every record once, in the order of its partition, and then the end": givesAll,
    "gives the same again when it is opened again": async (fixture) => {
      await readAll(fixture, fromTheStart);
      await givesAll(fixture);
    },
    "goes on behind any record, from a position that was kept as JSON": goesOnFromAnywhere,
    "gives no empty batch that moves nothing, and says of every record where it is": saysWhere,
    "leaves a batch alone until it is asked for the next": leavesBatchesAlone,
    "ends when nobody wants more": endsOnAbort,
    "closes in the middle": async (fixture) => {
      const reader = await openSource(fixture, fromTheStart);
      await reader.read();
      await reader.close();
    },
    "is not read while the pipeline is held back": isNotReadWhileHeld,
    "is told only of what is safe, and gives the rest when its process dies": diesAndGoesOn,
  });
}

async function givesAll<T>(fixture: SourceFixture<T>): Promise<void> {
  const read = await readAll(fixture, fromTheStart);
  for (const [partition, texts] of Object.entries(fixture.expected)) {
    assert.deepEqual(textsOf(read, partition), texts, `records of partition "${partition}"`);
  }
  assert.equal(read.length, countOf(fixture), "there are records of other partitions");
}

function countOf({ expected }: SourceFixture<unknown>): number {
  return Object.values(expected).reduce((sum, texts) => sum + texts.length, 0);
}

/** Where a run goes on that has worked on the first `count` records. */
function resumeBehind(read: readonly ReadRecord[], count: number): Resume {
  const positions = new Map<string, Position>();
  for (const { partition, next } of read.slice(0, count)) positions.set(partition, JSON.parse(JSON.stringify(next)));
  return positions;
}

async function goesOnFromAnywhere<T>(fixture: SourceFixture<T>): Promise<void> {
  const all = await readAll(fixture, fromTheStart);
  for (let count = 1; count <= all.length; count++) {
    const rest = await readAll(fixture, resumeBehind(all, count));
    for (const partition of Object.keys(fixture.expected)) {
      const message = `partition "${partition}", read on behind record ${count}`;
      assert.deepEqual(textsOf(rest, partition), textsOf(all.slice(count), partition), message);
    }
  }
}

async function saysWhere<T>(fixture: SourceFixture<T>): Promise<void> {
  const reader = await openSource(fixture, fromTheStart);
  const places = new Set<string>();
  const positions = new Map<string, string>();
  for (let batch = await reader.read(); batch !== "end"; batch = await reader.read()) {
    const position = JSON.stringify(batch.resume(batch.size));
    const moves = positions.get(batch.partition.name) !== position;
    assert.ok(batch.size > 0 || moves, "a batch is empty and moves no position");
    positions.set(batch.partition.name, position);
    assert.ok(batch.bytes >= 0, "a batch stands for no number of bytes");
    for (let index = 0; index < batch.size; index++) places.add(batch.describe(index));
  }
  await reader.close();
  assert.equal(places.size, countOf(fixture), "several records are said to be at the same place");
}

async function leavesBatchesAlone<T>(fixture: SourceFixture<T>): Promise<void> {
  const reader = await openSource(fixture, fromTheStart);
  for (let batch = await reader.read(); batch !== "end"; batch = await reader.read()) {
    const before = recordsOf(batch);
    for (let turn = 0; turn < 3; turn++) await systemClock.turn();
    assert.deepEqual(recordsOf(batch), before, "a batch changed while it was worked on");
  }
  await reader.close();
}

/** What it has read ahead it may still give. */
async function endsOnAbort<T>(fixture: SourceFixture<T>): Promise<void> {
  const abort = new AbortController();
  const reader = await openSource(fixture, fromTheStart, abort.signal);
  const first = await reader.read();
  assert.notEqual(first, "end");
  abort.abort();
  let records = first === "end" ? 0 : first.size;
  for (let batch = await reader.read(); batch !== "end"; batch = await reader.read()) records += batch.size;
  await reader.close();
  assert.ok(records <= countOf(fixture), "it gave more than there is");
}
