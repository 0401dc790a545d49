import { expect, test } from "vitest";
import { seededRandom } from "../core/random.ts";
import type { Position } from "../core/records.ts";
import { crash, end, from, pause } from "./happening.ts";
import { listSource } from "./list-source.ts";
import { ManualClock } from "./manual-clock.ts";
import { silentMeter } from "./silent-meter.ts";
import { SimDisk } from "./sim-disk.ts";
import { textSource } from "./text-source.ts";

const clock = new ManualClock();
const disk = new SimDisk({ random: seededRandom(1) });

function contextOf(resume: Record<string, Position> = {}, signal = new AbortController().signal) {
  return { id: "in", clock, disk, meter: silentMeter, resume: new Map(Object.entries(resume)), signal };
}

async function readAll<T>(source: ReturnType<typeof listSource<T>>, resume: Record<string, Position> = {}) {
  const reader = await source.open(contextOf(resume));
  const read: [string, readonly T[]][] = [];
  for (let batch = await reader.read(); batch !== "end"; batch = await reader.read()) {
    read.push([batch.partition.name, batch.values!]);
  }
  return read;
}

test("records come in batches of one partition, cut where something happens", async () => {
  const items = [1, 2, 3, from("p", 4), from("p", 5), 6, pause(0), 7];
  const done = readAll(listSource(items, { batchRecords: 2 }));
  await clock.advance(1);
  expect(await done).toEqual([
    ["list", [1, 2]],
    ["list", [3]],
    ["p", [4, 5]],
    ["list", [6]],
    ["list", [7]],
  ]);
});

test("each partition goes on from a position of its own", async () => {
  const items = [1, from("p", 2), 3, from("p", 4), 5];
  expect(await readAll(listSource(items), { list: 4, p: 2 })).toEqual([
    ["p", [4]],
    ["list", [5]],
  ]);
  expect(await readAll(listSource(items, { batchRecords: 9 }), { list: 1 })).toEqual([
    ["p", [2]],
    ["list", [3]],
    ["p", [4]],
    ["list", [5]],
  ]);
});

test("a crash and an end happen once, and reading goes on behind them", async () => {
  const source = listSource([1, crash(), 2, end(), 3]);
  const first = await source.open(contextOf());
  await first.read();
  await expect(first.read()).rejects.toThrow("the list says: crash");
  expect(await readAll(source, { list: 1 })).toEqual([["list", [2]]]);
  expect(await readAll(source, { list: 3 })).toEqual([["list", [3]]]);
});

test("a pause lasts as long as it says, or until nobody wants more", async () => {
  const abort = new AbortController();
  const reader = await listSource([pause(50), 1, pause(1000), 2]).open(contextOf({}, abort.signal));
  let read = 0;
  void reader.read().then(() => (read += 1));
  await clock.advance(49);
  expect(read).toBe(0);
  await clock.advance(1);
  expect(read).toBe(1);
  const last = reader.read();
  abort.abort();
  expect(await last).toBe("end");
});

test("the size of each batch can be asked for", async () => {
  const sizes = [3, 1, 2];
  const source = listSource([1, 2, 3, 4, 5, 6], { batchRecords: () => sizes.shift()! });
  expect((await readAll(source)).map(([, values]) => values.length)).toEqual([3, 1, 2]);
});

test("texts are bytes in memory that is overwritten at the next read", async () => {
  const reader = await textSource(["eins", "zwö", new Uint8Array([0, 255]), "vier"], { batchRecords: 3 }).open(
    contextOf(),
  );
  const batch = await reader.read();
  if (batch === "end" || batch.buffer === undefined) throw new Error("no bytes");
  const texts = () =>
    [0, 1].map((i) => Buffer.from(batch.buffer.subarray(batch.bounds[2 * i], batch.bounds[2 * i + 1])).toString());
  expect(texts()).toEqual(["eins", "zwö"]);
  expect([...batch.buffer.subarray(batch.bounds[4], batch.bounds[5])]).toEqual([0, 255]);
  expect([batch.size, batch.bytes, batch.resume(3), batch.describe(1)]).toEqual([3, 13, 3, "item 1 of the list"]);
  expect([...batch.buffer].filter((byte) => byte === 10).length).toBe(3);
  await reader.read();
  expect(batch.buffer.every((byte) => byte === 255)).toBe(true);
});
