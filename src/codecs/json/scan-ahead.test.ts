import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuzzRecord } from "../../../tools/fuzz-json/records.ts";
import { seededRandom } from "../../core/random.ts";
import { BlockMemory } from "../block-memory.ts";
import { Block } from "./block.ts";
import { json } from "./index.ts";
import { Picks } from "./picks.ts";
import { RecordScan } from "./record-scan.ts";
import { ScanAhead } from "./scan-ahead.ts";
import { ScanKernel } from "./scan-kernel.ts";
import { ScanTables, scannedMax } from "./scan-tables.ts";
import { over, startScanThread, state, word } from "./scan-thread.ts";

const fields = { ts: json.number.orText, uid: json.id };
const picksOf = () => new Picks<Record<string, unknown>>(fields);

/** A block that begins somewhere in a memory, and in it records one after another. */
function laidOut(memory: BlockMemory, records: readonly Uint8Array[], begin = 0) {
  const bytes = memory.bytes.subarray(begin);
  let at = 0;
  const bounds = records.flatMap((record) => {
    bytes.set(record, at);
    const start = at;
    at += record.length + 1;
    return [start, at - 1];
  });
  return { block: new Block(bytes), bounds: Int32Array.from(bounds), size: records.length };
}

const text = (record: string) => Buffer.from(record);

describe("the second thread", () => {
  test("that has ended says nothing of the one after it", async () => {
    const memory = BlockMemory.of(1024)!;
    const tables = ScanTables.in(memory, picksOf().names.bytes, 4)!;
    const { status } = tables[0]!;
    const first = startScanThread(ScanKernel.in(memory)!, tables, 2, 1);
    const exit = once(first, "exit");
    expect(Atomics.wait(status, word.over, over.no, 60_000)).not.toBe("timed-out");
    const second = startScanThread(ScanKernel.in(memory)!, tables, 2, 60_000);
    await exit;
    expect(Atomics.load(status, word.over)).toBe(over.no);
    await second.terminate();
  });

  test.runIf(process.platform === "linux")("gives way to all others, and takes nobody with it", async () => {
    const memory = BlockMemory.of(1024)!;
    const tables = ScanTables.in(memory, picksOf().names.bytes, 2)!;
    const own = getPriority();
    const { status } = tables[0]!;
    const thread = startScanThread(ScanKernel.in(memory)!, tables, 2, 60_000);
    status[word.state] = state.posted;
    Atomics.store(status, word.turn, 1);
    Atomics.notify(status, word.turn);
    for (let seen: number; (seen = Atomics.load(status, word.state)) !== state.scanned; ) {
      Atomics.wait(status, word.state, seen, 60_000);
    }
    const threads = readdirSync("/proc/self/task").map((id) => readFileSync(`/proc/self/task/${id}/stat`, "utf8"));
    const nice = threads
      .filter((stat) => stat.includes("(millrace scan)"))
      .map((stat) => stat.split(") ")[1]!.split(" ")[16]);
    expect(nice).toContain("10");
    expect(getPriority()).toBe(own);
    await thread.terminate();
  });

  /** Posts groups of records, has a thread scan them, and waits for its end. */
  function scannedBy(groups: readonly (readonly Uint8Array[])[]) {
    const memory = BlockMemory.of(64 * 1024)!;
    const kernel = ScanKernel.in(memory)!;
    const picks = picksOf();
    const tables = ScanTables.in(memory, picks.names.bytes, 4)!;
    startScanThread(kernel, tables, picks.count, 1);
    const { all } = kernel;
    for (const [i, records] of groups.entries()) {
      const { block, bounds, size } = laidOut(memory, records, i * 4096);
      tables[i]!.bounds.set(bounds);
      tables[i]!.status[word.count] = size;
      tables[i]!.status[word.distance] = block.bytes.byteOffset;
      tables[i]!.status[word.state] = state.posted;
    }
    Atomics.store(tables[0]!.status, word.turn, groups.length);
    expect(Atomics.wait(tables[0]!.status, word.over, over.no, 60_000), "until it had nothing to do").not.toBe(
      "timed-out",
    );
    /** What a group's record has of a field. */
    const value = (group: number, record: number, field: number) => {
      const [start, end] = tables[group]!.rows.subarray(5 * record + 1 + 2 * field);
      return start === -1 ? undefined : Buffer.from(all.bytes.subarray(start, end)).toString();
    };
    return { tables, value };
  }

  test("scans what is posted, and then ends", () => {
    const { tables, value } = scannedBy([
      [text('{"uid":"a","ts":12}'), text('{"ts":'), text('{"\\u0074s":1}')],
      [text('{"x":{"ts":1}}')],
    ]);
    expect(tables.map(({ status }) => status[word.state])).toEqual([
      ...[state.scanned, state.scanned],
      ...[state.none, state.none],
    ]);
    const [first, second] = tables;
    expect([0, 1, 2].map((record) => first!.rows[5 * record])).toEqual([1, 0, 1]);
    expect([value(0, 0, 0), value(0, 0, 1)]).toEqual(["12", '"a"']);
    expect([value(0, 2, 0), value(0, 2, 1)]).toEqual(["1", undefined]);
    expect(second!.rows[0]).toBe(1);
    expect([value(1, 0, 0), value(1, 0, 1)]).toEqual([undefined, undefined]);
  });

  test("leaves a group with a key that it cannot tell to the first", () => {
    const {
      tables: [first, second],
    } = scannedBy([[text('{"ts":1}'), text('{"\\u0074s\\u2028":1}')], [text('{"ts":1}')]]);
    expect(first!.status[word.state]).toBe(state.posted);
    expect(second!.status[word.state]).toBe(state.scanned);
  });
});

test("a thread that has ended is started again with the next block", () => {
  const memory = BlockMemory.of(64 * 1024)!;
  const ahead = ScanAhead.beside(ScanKernel.in(memory)!, picksOf())!;
  const { block, bounds, size } = laidOut(
    memory,
    Array.from({ length: 130 }, () => text('{"ts":1}')),
  );
  ahead.begin(block, bounds, size);
  const { status } = ahead.take(0);
  ahead.withdraw();
  Atomics.store(status, word.over, over.ended);
  ahead.begin(block, bounds, size);
  expect(Atomics.load(status, word.over)).toBe(over.no);
  expect([0, 1, 2].map((group) => ahead.take(group).status[word.state])).toEqual(Array(3).fill(state.scanned));
});

test("a thread that has failed is not", () => {
  const memory = BlockMemory.of(64 * 1024)!;
  const ahead = ScanAhead.beside(ScanKernel.in(memory)!, picksOf())!;
  const { block, bounds, size } = laidOut(memory, [text('{"ts":1}'), text('{"ts":2}')]);
  ahead.begin(block, bounds, size);
  const { status } = ahead.take(0);
  ahead.withdraw();
  Atomics.store(status, word.over, over.failed);
  ahead.begin(block, bounds, size);
  expect(ahead.take(0).status[word.state]).toBe(state.scanned);
  expect(Atomics.load(status, word.over)).toBe(over.failed);
});

test("two threads find what one does, in whatever order blocks come, and wherever they are left", () => {
  const memories = [BlockMemory.of(2 ** 20)!, BlockMemory.of(2 ** 20)!];
  const [alone, shared] = [picksOf(), picksOf()];
  const one = new RecordScan(alone, { aloneBytes: Infinity });
  const two = new RecordScan(shared, { aloneBytes: 0 });
  const blockArbitrary = fc.record({
    seed: fc.nat(),
    memory: fc.nat(1),
    begin: fc.nat(1000),
    size: fc.oneof(fc.integer({ min: 1, max: 3 * scannedMax }), fc.integer({ min: 1, max: 40 * scannedMax })),
    left: fc.nat(40 * scannedMax),
    step: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 100 })),
  });
  fc.assert(
    fc.property(fc.array(blockArbitrary, { maxLength: 4 }), (blocks) => {
      for (const { seed, memory, begin, size, left, step } of blocks) {
        const random = seededRandom(seed);
        const records = Array.from({ length: size }, () => fuzzRecord(random)).filter(({ length }) => length < 500);
        if (records.length === 0) continue;
        const { block, bounds } = laidOut(memories[memory]!, records, begin);
        one.begin(block, bounds, records.length);
        two.begin(block, bounds, records.length);
        for (let i = 0; i < Math.min(records.length, left); i += step) {
          const found = [one, two].map((scan) => {
            const row = scan.find(block.bytes, bounds[2 * i]!, bounds[2 * i + 1]!);
            expect(row).not.toBe(-1);
            return scan.rows[row] === 1 ? alone.make(scan.block, scan.rows, row + 1) : "refused";
          });
          expect(found[1]).toEqual(found[0]);
        }
      }
    }),
    { numRuns: 200 },
  );
});
