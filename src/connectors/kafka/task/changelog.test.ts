/** Changes of state as records of a compacted topic and back: whatever is torn off at the end, and whatever compaction took. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../../../testing/manual-clock.ts";
import { BatchBuilder } from "../batch-builder.ts";
import { MalformedBatch } from "../malformed-batch.ts";
import type { OutgoingRecord } from "../outgoing-record.ts";
import { RecordBatches } from "../record-batches.ts";
import { RecordColumns } from "../record-columns.ts";
import type { RecordHeader } from "../record-headers.ts";
import { ChangelogKeyReader, ChangelogKeyWriter } from "./changelog-key.ts";
import { ChangelogReplay } from "./changelog-replay.ts";
import { ChangelogWriter } from "./changelog-writer.ts";
import { Pieces } from "./pieces.ts";

interface Kept {
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

type State = Map<string, string>;

const pieceBytes = 8;
const place = { topic: "changelog", partition: 0 };

/** A partition of a changelog in memory. */
class Topic {
  records: Kept[] = [];

  addToCut({ key, value, headers = [] }: OutgoingRecord): void {
    // What is given may be used again by the caller.
    this.records.push({
      key: Buffer.from(key as Buffer),
      value: value === null ? null : Buffer.from(value as Buffer),
      headers: headers.map(([name, held]) => [name, held === null ? null : Buffer.from(held)]),
    });
  }

  /** Of the first `count` records, leaves the last of each key alone; deletions among them may go as well. */
  compact(count: number, dropsDeletions: boolean): void {
    const last = new Map(this.records.slice(0, count).map(({ key }, at) => [key.toString("latin1"), at]));
    this.records = this.records.filter(({ key, value }, at) => {
      if (at >= count) return true;
      return last.get(key.toString("latin1")) === at && !(dropsDeletions && value === null);
    });
  }

  /** The records as fetched bytes, `perBatch` in a batch. */
  bytes(perBatch: number): Buffer {
    const batches: Buffer[] = [];
    for (let at = 0; at < this.records.length; at += perBatch) {
      const builder = new BatchBuilder(100);
      for (const { key, value, headers } of this.records.slice(at, at + perBatch)) builder.add(1, key, value, headers);
      const seal = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
      const batch = builder.seal({ ...seal, compression: "none" });
      batch.writeBigInt64BE(BigInt(at), 0);
      batches.push(batch);
    }
    return Buffer.concat(batches);
  }

  replay(perBatch = 3): { readonly state: State; readonly pieces: Pieces } {
    const state: State = new Map();
    const replay = new ChangelogReplay((store, entry, value) => {
      const name = `${store}/${entry}`;
      if (value === undefined) state.delete(name);
      else state.set(name, Buffer.from(value).toString("latin1"));
    });
    const columns = new RecordColumns(2);
    const batches = new RecordBatches({ bytes: this.bytes(perBatch), fromOffset: 0 });
    while (batches.next(columns)) replay.take(columns);
    return { state, pieces: replay.pieces };
  }
}

const entry = fc.constantFrom("a", "b", "\ud800", "ü", "");
const size = fc.oneof(
  fc.constantFrom(undefined, 0, pieceBytes, pieceBytes + 1),
  fc.noBias(fc.integer({ min: 0, max: 5 * pieceBytes })),
);
const step = fc.record({
  store: fc.constantFrom("x/y", "x/z"),
  entry,
  size,
  /** How many records of the write are there before the writer dies; undefined: all, and it lives. */
  torn: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined, freq: 2 }),
  compacted: fc.option(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), drops: fc.boolean() }), {
    nil: undefined,
  }),
});

describe("a changelog", () => {
  test("gives back the last values, in pieces or not, over torn writes, restarts and compaction", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), fc.integer({ min: 1, max: 7 }), (steps, perBatch) => {
        const topic = new Topic();
        const expected: State = new Map();
        const clock = new ManualClock();
        let writer = new ChangelogWriter(place, topic, clock, new Pieces(), pieceBytes);
        for (const [at, { store, entry: key, size: length, torn, compacted }] of steps.entries()) {
          const value = length === undefined ? undefined : Buffer.alloc(length, at);
          const before = topic.records.length;
          writer.write(store, key, value);
          const own = topic.records.findIndex((record, i) => i >= before && isOwn(record, store, key));
          if (torn !== undefined) topic.records.length = Math.min(topic.records.length, before + torn);
          if (own < topic.records.length) setOrDelete(expected, `${store}/${key}`, value?.toString("latin1"));
          if (compacted) topic.compact(Math.floor(compacted.share * topic.records.length), compacted.drops);
          const { state, pieces } = topic.replay(perBatch);
          expect(state).toEqual(expected);
          if (torn !== undefined) writer = new ChangelogWriter(place, topic, clock, pieces, pieceBytes);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a value in pieces that becomes small, or goes, leaves no piece behind once compacted", () => {
    const topic = new Topic();
    const writer = new ChangelogWriter(place, topic, new ManualClock(), new Pieces(), pieceBytes);
    writer.write("s", "k", Buffer.alloc(50));
    writer.write("s", "k", Buffer.alloc(30));
    writer.write("s", "k", Buffer.alloc(3));
    writer.write("s", "l", Buffer.alloc(30));
    writer.write("s", "l", undefined);
    topic.compact(topic.records.length, true);
    expect(topic.records).toHaveLength(1);
    expect(topic.replay().state).toEqual(new Map([["s/k", "\0\0\0"]]));
  });

  test.each([
    ["no key", null, "v", []],
    ["somebody's key", Buffer.from("user-17"), "v", []],
    ["a key cut off", Buffer.from([1, 0, 9, 65]), "v", []],
    ["unknown headers", Buffer.from([1, 0, 1, 65, 66]), "v", [["trace", Buffer.from("1")]]],
    ["an end without its pieces", Buffer.from([1, 0, 1, 65, 66]), "v", [["pieces", Buffer.from("3 0")]]],
    ["an absurd number of pieces", Buffer.from([1, 0, 1, 65, 66]), "v", [["pieces", Buffer.from("1e9 0")]]],
  ] as const)("refuses what is none of its own: %s", (_what, key, value, headers) => {
    const builder = new BatchBuilder(100);
    builder.add(1, key, value, headers as readonly RecordHeader[]);
    const seal = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
    const batches = new RecordBatches({ bytes: builder.seal({ ...seal, compression: "none" }), fromOffset: 0 });
    const columns = new RecordColumns(10);
    batches.next(columns);
    expect(() => new ChangelogReplay(() => {}).take(columns)).toThrow(MalformedBatch);
  });
});

test("keys come back as they were, and no two are alike", () => {
  const names = fc.string({ unit: "binary", maxLength: 9 });
  const piece = fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined });
  const key = fc.record({
    store: fc.string({ unit: "grapheme" }),
    entry: fc.oneof(names, fc.constant("\udc00x")),
    piece,
  });
  fc.assert(
    fc.property(key, key, (one, other) => {
      const writer = new ChangelogKeyWriter();
      const reader = new ChangelogKeyReader();
      const written = [one, other].map(({ store, entry: name, piece: number }) =>
        Buffer.from(writer.write(store, name, number)),
      );
      for (const [at, bytes] of written.entries()) {
        reader.read(Buffer.concat([Buffer.from("ab"), bytes, Buffer.from("c")]), 2, 2 + bytes.length);
        const { store, entry: name, piece: number } = reader;
        expect({ store, entry: name, piece: number }).toEqual([one, other][at]);
      }
      expect(written[0]!.equals(written[1]!)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

function isOwn({ key }: Kept, store: string, entry: string): boolean {
  const reader = new ChangelogKeyReader();
  reader.read(key, 0, key.length);
  return reader.store === store && reader.entry === entry && reader.piece === undefined;
}

function setOrDelete(state: State, name: string, value: string | undefined): void {
  if (value === undefined) state.delete(name);
  else state.set(name, value);
}
