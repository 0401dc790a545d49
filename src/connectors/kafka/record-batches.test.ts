import { crc32c } from "@platformatic/kafka";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AbortedTransaction } from "./aborted-ranges.ts";
import { BatchBuilder, type BatchSeal } from "./batch-builder.ts";
import { batchAttribute, batchField, writeInt64 } from "./batch-header.ts";
import { type Compression, compressions } from "./compression.ts";
import { RecordBatches } from "./record-batches.ts";
import { RecordColumns } from "./record-columns.ts";
import { type RecordHeader, readHeaders } from "./record-headers.ts";
import { UnpackedMemory } from "./unpacked-memory.ts";

interface Read {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

const plain: BatchSeal = {
  compression: "none",
  producerId: -1n,
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
};

/** Everything the walk gives, a few records at a time. */
function readAll(bytes: Buffer, fromOffset = 0, aborted?: AbortedTransaction[], recordsMax = 3) {
  const walk = new RecordBatches({ bytes, fromOffset, aborted });
  const columns = new RecordColumns(recordsMax);
  const records: Read[] = [];
  while (walk.next(columns)) {
    for (let i = 0; i < columns.size; i++) records.push(readOne(columns, i));
  }
  return { records, nextOffset: walk.nextOffset };
}

function readOne(columns: RecordColumns, i: number): Read {
  const text = (bounds: Int32Array) => columns.buffer.toString("utf8", bounds[2 * i], bounds[2 * i + 1]);
  return {
    offset: columns.offsets[i]!,
    timestamp: columns.timestamps[i]!,
    key: columns.keys[2 * i]! < 0 ? null : text(columns.keys),
    value: columns.nulls.includes(i) ? null : text(columns.bounds),
    headers: readHeaders(columns.buffer, columns.headers[i]!).map(
      ([name, value]) => [name, value === null ? null : Buffer.from(value).toString()] as const,
    ),
  };
}

/** A batch as it lies in a log: at that offset, with those attributes added, its checksum right. */
function placed(batch: Buffer, offset: number, attributes = 0): Buffer {
  writeInt64(batch, offset, batchField.baseOffset);
  batch.writeInt16BE(batch.readInt16BE(batchField.attributes) | attributes, batchField.attributes);
  batch.writeUInt32BE(crc32c(batch.subarray(batchField.attributes)), batchField.crc);
  return batch;
}

function batchOf(values: readonly (string | null)[], offset = 0, seal: Partial<BatchSeal> = {}): Buffer {
  const builder = new BatchBuilder(16);
  for (const value of values) builder.add(1000, null, value);
  return placed(builder.seal({ ...plain, ...seal }), offset);
}

/** What is left of a batch of one record. */
function emptied(offset: number, compression: Compression): Buffer {
  const batch = batchOf([], offset);
  batch.writeInt32BE(0, batchField.lastOffsetDelta);
  return placed(batch, offset, compressions.indexOf(compression));
}

function marker(type: "abort" | "commit", offset: number, producerId: bigint): Buffer {
  const builder = new BatchBuilder(16);
  builder.add(1000, Buffer.from([0, 0, 0, type === "abort" ? 0 : 1]), Buffer.alloc(6));
  return placed(
    builder.seal({ ...plain, producerId, producerEpoch: 0, transactional: true }),
    offset,
    batchAttribute.control,
  );
}

/** Two records as they lay in the log of a broker, written by Java; snappy in the framing that only Java uses. */
const javaBatches: Record<Compression, string> = {
  none: "0000000000000000000000710000000002a7c41305000000000001000001a1fe02d304000001a1fe02d3110000000000000000000000000000000000023e000000046b312e6f6e65206f6e65206f6e65206f6e65206f6e65206f6e65003e001a02046b322e74776f2074776f2074776f2074776f2074776f2074776f00",
  gzip: "0000000000000000000000620000000002ca29bda8000100000001000001a1fe02db0b000001a1fe02db1a0000000000000001000000000000000000021f8b08000000000000ffb363606060c936d4cbcf4b55c08219ec18e49858b28df44acaf315b0600600200ac63640000000",
  snappy:
    "0000000000000000000000690000000002f8d038ac000200000001000001a1fe02e1ba000001a1fe02e1ed00000000000000020000000000000000000282534e4150505900000000010000000100000024402c3e000000046b312e6f6e65204a040030003e006602046b322e74776f204a04000000",
  lz4: "00000000000000000000006600000000025b40341b000300000001000001a1fe02ea6d000001a1fe02ea9500000000000000030000000000000000000204224d1860408226000000cf3e000000046b312e6f6e6520040000db003e005002046b322e74776f200400502074776f0000000000",
  zstd: "00000000000000000000005f0000000002900675a3000400000001000001a1fe02f239000001a1fe02f26d00000000000000040000000000000000000228b52ffd0058140100d03e000000046b312e6f6e6520003e006802046b322e74776f2000020020f9272e09010000",
};

const values = (read: { records: readonly Read[] }) => read.records.map((record) => record.value);

describe("record batches", () => {
  test("a batch as Kafka's documentation lays it out, byte by byte", () => {
    const builder = new BatchBuilder(16);
    builder.add(1_700_000_000_000, "k", "value", [["h", Buffer.from("x")]]);
    builder.add(1_700_000_000_005, null, null);
    const batch = builder.seal({ ...plain, producerId: 7n, producerEpoch: 2, baseSequence: 5, transactional: true });
    expect(batch.toString("hex")).toBe(
      [
        "0000000000000000", // base offset
        "00000049", // bytes that follow
        "ffffffff", // leader epoch
        "02", // format
        batch.toString("hex", 17, 21),
        "0010", // transactional
        "00000001", // last offset delta
        "0000018bcfe56800", // first time
        "0000018bcfe56805", // last time
        "0000000000000007", // producer
        "0002", // its epoch
        "00000005", // its sequence
        "00000002", // records
        "20000000026b0a76616c756502026802" + "78",
        "0c000a02010100",
      ].join(""),
    );
  });

  test.each(Object.entries(javaBatches))(
    "a batch of Apache Kafka 4.1.1's console producer, packed with %s",
    (_, hex) => {
      const { records } = readAll(Buffer.from(hex, "hex"));
      expect(records.map(({ key, value }) => [key, value])).toEqual([
        ["k1", "one one one one one one"],
        ["k2", "two two two two two two"],
      ]);
    },
  );

  test("what was written is read, whatever it is and however it is packed", () => {
    const field = fc.option(fc.string({ maxLength: 40 }));
    const header = fc.tuple(fc.string({ maxLength: 5 }), field);
    const record = fc.record({
      timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      key: field,
      value: field,
      headers: fc.array(header, { maxLength: 3 }),
    });
    const batches = fc.array(
      fc.tuple(fc.array(record, { minLength: 1, maxLength: 8 }), fc.constantFrom(...compressions)),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(batches, fc.nat(12), fc.integer({ min: 1, max: 9 }), (given, from, recordsMax) => {
        const log: Buffer[] = [];
        const expected: Read[] = [];
        for (const [records, compression] of given) {
          const builder = new BatchBuilder(16);
          const base = expected.length;
          for (const { timestamp, key, value, headers } of records) {
            const held = headers.map(([name, text]): RecordHeader => [name, text === null ? null : Buffer.from(text)]);
            builder.add(timestamp, key, value, held);
            expected.push({ offset: expected.length, timestamp, key, value, headers });
          }
          log.push(placed(builder.seal({ ...plain, compression }), base));
        }
        const { records, nextOffset } = readAll(Buffer.concat(log), from, undefined, recordsMax);
        expect(records).toEqual(expected.slice(from));
        expect(nextOffset).toBe(Math.max(from, expected.length));
      }),
    );
  });

  test.each(compressions)(
    "%s: unpacked records stay in their memory while the batch behind them is opened",
    (compression) => {
      const sizes = [20_000, 100, 300_000, 0, 40_000, 9_000_000, 40_000, 5];
      const texts = sizes.map((size, i) => String.fromCharCode(97 + i).repeat(size));
      let offset = 0;
      const log = texts.map((text) => {
        const at = offset;
        offset += text === "" ? 1 : 2;
        // Compaction leaves an empty batch behind, which says what its records were packed with.
        if (text === "") return emptied(at, compression);
        return batchOf([text, text.slice(1)], at, { compression });
      });
      const memory = new UnpackedMemory();
      const found: string[] = [];
      // Several pieces one after another share it, as in a reader.
      for (const piece of [log.slice(0, 5), log.slice(5)]) {
        const walk = new RecordBatches({ bytes: Buffer.concat(piece), fromOffset: 0 }, memory);
        const columns = new RecordColumns(compression === "none" ? 1 : 2);
        while (walk.next(columns)) for (let i = 0; i < columns.size; i++) found.push(readOne(columns, i).value!);
      }
      expect(found).toEqual(texts.flatMap((text) => (text === "" ? [] : [text, text.slice(1)])));
      // Node's own memory for small buffers is still there.
      expect(Buffer.from("small").toString()).toBe("small");
    },
  );

  test("a last batch that is cut off waits for the next fetch", () => {
    const whole = batchOf(["a", "b"]);
    const next = batchOf(["c"], 2);
    for (let cut = 0; cut < next.length; cut++) {
      const read = readAll(Buffer.concat([whole, next.subarray(0, cut)]));
      expect(values(read)).toEqual(["a", "b"]);
      expect(read.nextOffset).toBe(2);
    }
  });

  test("a wrong byte anywhere under the checksum is found, and no wrong byte at all does worse than throw", () => {
    const batch = batchOf(["alpha", "beta"], 0, { compression: "none" });
    for (let at = 0; at < batch.length; at++) {
      const spoilt = Buffer.from(batch);
      spoilt[at] = spoilt[at]! ^ 0x41;
      const read = () => readAll(spoilt);
      if (at >= batchField.crc) expect(read).toThrow("checksum");
      else if (at >= batchField.magic && at < batchField.crc) expect(read).toThrow("format");
      else expect(() => attempt(read)).not.toThrow();
    }
  });

  test.each(compressions)(
    "%s: records may be looked at before their checksum is known, and are not given if it is wrong",
    (compression) => {
      const log = Buffer.concat([batchOf(["a", "b"], 0, { compression }), batchOf(["c"], 2, { compression })]);
      const looksInto = (bytes: Buffer) => {
        const columns = new RecordColumns(2);
        const walk = new RecordBatches({ bytes, fromOffset: 0 });
        const seen: number[] = [];
        const next = () => walk.next(columns, () => void seen.push(columns.size));
        return { seen, next };
      };
      const sound = looksInto(log);
      expect([sound.next(), sound.next(), sound.next()]).toEqual([true, true, false]);
      expect(sound.seen).toEqual([2, 1]);
      log[log.length - 1]! ^= 1;
      const damaged = looksInto(log);
      expect(damaged.next).toThrow("checksum");
      // What is packed is not unpacked before it is known to be sound.
      expect(damaged.seen).toEqual(compression === "none" ? [2] : []);
    },
  );

  test("bytes that are wrong although the checksum is right are refused", () => {
    fc.assert(
      fc.property(fc.constantFrom<Compression>(...compressions), fc.nat(), fc.nat(255), (compression, place, byte) => {
        const batch = batchOf(["alpha", null, "gamma".repeat(50)], 0, { compression });
        batch[batchField.records + (place % (batch.length - batchField.records))] = byte;
        attempt(() => readAll(placed(batch, 0)));
      }),
      { numRuns: 500 },
    );
  });

  test("the time of the broker counts where the topic says so", () => {
    const batch = batchOf(["a", "b"]);
    writeInt64(batch, 5000, batchField.maxTimestamp);
    const { records } = readAll(placed(batch, 0, batchAttribute.logAppendTime));
    expect(records.map((record) => record.timestamp)).toEqual([5000, 5000]);
  });
});

describe("read committed", () => {
  const by = (producerId: bigint) => ({ producerId, producerEpoch: 0, baseSequence: 0, transactional: true });

  test("markers are no records, and are passed", () => {
    const log = Buffer.concat([batchOf(["a"], 0, by(1n)), marker("commit", 1, 1n)]);
    const read = readAll(log, 0, []);
    expect(values(read)).toEqual(["a"]);
    expect(read.nextOffset).toBe(2);
  });

  test("a fetch that holds nothing but a marker moves on", () => {
    const columns = new RecordColumns(4);
    const walk = new RecordBatches({ bytes: marker("commit", 7, 1n), fromOffset: 7, aborted: [] });
    expect(walk.next(columns)).toBe(true);
    expect(columns.size).toBe(0);
    expect(columns.nextOffset).toBe(8);
    expect(walk.next(columns)).toBe(false);
  });

  test("aborted records are left out although their marker lies in a later fetch", () => {
    const log = Buffer.concat([batchOf(["bad"], 0, by(1n)), batchOf(["good"], 1, by(2n))]);
    expect(values(readAll(log, 0, [{ producerId: 1n, firstOffset: 0 }]))).toEqual(["good"]);
  });

  test("a producer that aborts twice with a commit between, named in any order", () => {
    const log = Buffer.concat([
      batchOf(["bad 1"], 0, by(1n)),
      marker("abort", 1, 1n),
      batchOf(["good"], 2, by(1n)),
      marker("commit", 3, 1n),
      batchOf(["bad 2"], 4, by(1n)),
      marker("abort", 5, 1n),
      batchOf(["also good"], 6, by(1n)),
    ]);
    const aborted = [
      { producerId: 1n, firstOffset: 4 },
      { producerId: 1n, firstOffset: 0 },
    ];
    expect(values(readAll(log, 0, aborted))).toEqual(["good", "also good"]);
  });

  test("two transactions that lie in each other", () => {
    const log = Buffer.concat([
      batchOf(["a1"], 0, by(1n)),
      batchOf(["b1"], 1, by(2n)),
      batchOf(["a2"], 2, by(1n)),
      marker("abort", 3, 1n),
      batchOf(["b2"], 4, by(2n)),
      marker("commit", 5, 2n),
    ]);
    expect(values(readAll(log, 0, [{ producerId: 1n, firstOffset: 0 }]))).toEqual(["b1", "b2"]);
    expect(values(readAll(log, 2, [{ producerId: 1n, firstOffset: 0 }]))).toEqual(["b2"]);
  });

  test("read uncommitted gives all but markers", () => {
    const log = Buffer.concat([batchOf(["bad"], 0, by(1n)), marker("abort", 1, 1n), batchOf(["x"], 2)]);
    expect(values(readAll(log))).toEqual(["bad", "x"]);
  });
});

/** Bad bytes may throw what they are meant to, and nothing else. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect((error as Error).name).toBe("MalformedBatch");
  }
}
