import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvFraming } from "./csv-framing.ts";
import { type Framing, withHeader } from "./framing.ts";
import { lengthPrefixed } from "./length-prefixed.ts";
import { lines } from "./lines.ts";
import { type Cut, type CutLimits, RecordCutter } from "./record-cutter.ts";

interface Found {
  readonly text: string;
  readonly offset: number;
  readonly reason?: string;
}

const wide: CutLimits = { recordBytesMax: 1 << 20, batchRecordsMax: 4096 };

/** Every record of `bytes`, given in blocks of the sizes, each with `room` bytes before it; latin1, so that no byte is lost. */
function cutAll(framing: Framing, bytes: Buffer, limits = wide, sizes: readonly number[] = [64], room = 32, skip = 0) {
  const cutter = new RecordCutter(framing, limits, skip);
  const found: Found[] = [];
  const take = () => {
    for (let cut = cutter.next(); cut !== undefined; cut = cutter.next()) found.push(...recordsOf(cut, framing));
  };
  for (let at = skip, turn = 0; at < bytes.length; turn++) {
    const size = Math.min(sizes[turn % sizes.length]!, bytes.length - at);
    const block = Buffer.alloc(room + size, 13);
    bytes.copy(block, room, at, at + size);
    cutter.feed(block, room, room + size);
    take();
    at += size;
  }
  cutter.finish();
  take();
  return found;
}

function recordsOf(cut: Cut, framing: Framing): Found[] {
  expect(cut.size).toBeGreaterThan(0);
  const reasons = new Map(cut.refused?.map((one) => [one.index, one.reason]));
  return Array.from({ length: cut.size }, (_, index) => {
    const start = cut.bounds[2 * index]!;
    const text = cut.buffer.toString("latin1", start, cut.bounds[2 * index + 1]!);
    expect(cut.bounds[2 * index + 1]).toBeGreaterThanOrEqual(start);
    const reason = reasons.get(index);
    const offset = index === 0 ? cut.startOffset : cut.base + start - framing.headBytes;
    return { text, offset, ...(reason === undefined ? {} : { reason }) };
  });
}

/** What `lines` promises, said another way. */
function linesOracle(bytes: Buffer, lengthMax: number): Found[] {
  const found: Found[] = [];
  const all = bytes.toString("latin1");
  for (const match of all.matchAll(/([^\n]*)(\n|$)/g)) {
    if (match.index === all.length) break;
    const text = match[2] === "\n" ? match[1]!.replace(/\r$/, "") : match[1]!;
    const record = { text: text.slice(0, lengthMax), offset: match.index };
    found.push(text.length > lengthMax ? { ...record, reason: "line too long" } : record);
  }
  return found;
}

const byte = fc.constantFrom(10, 10, 13, 34, 44, 0, 0xff, 97, 98);
const bytesOf = fc.array(byte, { maxLength: 300 }).map((list) => Buffer.from(list));
const blockSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const rooms = fc.constantFrom(0, 1, 5, 64);

describe("cutting lines", () => {
  it("finds the same lines however the bytes are cut into blocks and batches", () => {
    const limits = fc.record({
      recordBytesMax: fc.integer({ min: 1, max: 30 }),
      batchRecordsMax: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(bytesOf, blockSizes, rooms, limits, (bytes, sizes, room, bounds) => {
        expect(cutAll(lines, bytes, bounds, sizes, room)).toEqual(linesOracle(bytes, bounds.recordBytesMax));
      }),
      { numRuns: 2000 },
    );
  });

  it("goes on from the place of any record with the records that follow", () => {
    fc.assert(
      fc.property(bytesOf, blockSizes, rooms, (bytes, sizes, room) => {
        const all = cutAll(lines, bytes);
        all.forEach((record, index) => {
          expect(cutAll(lines, bytes, wide, sizes, room, record.offset)).toEqual(all.slice(index));
        });
      }),
      { numRuns: 100 },
    );
  });

  for (const end of ["\n", "\r\n", ""]) {
    for (const at of [0, 1, 2]) {
      it(`takes a line of the bound and refuses one longer, as line ${at} of 3, ended by ${JSON.stringify(end)}`, () => {
        for (const length of [15, 16, 17, 18, 19, 200]) {
          const texts = ["ab", "cd", "ef"];
          texts[at] = "x".repeat(length);
          const tail = at === 2 ? end : "\n";
          const bytes = Buffer.from(
            texts
              .map((text, i) => text + (i === at ? end || "\n" : "\n"))
              .join("")
              .slice(0, at === 2 && tail === "" ? -1 : undefined),
          );
          for (const size of [1, 2, 3, 16, 17, 18, 19, 500]) {
            const found = cutAll(lines, bytes, { recordBytesMax: 16, batchRecordsMax: 2 }, [size], 8);
            expect(found.map((one) => one.text)).toEqual(texts.map((text) => text.slice(0, 16)));
            expect(found.map((one) => one.reason)).toEqual(
              texts.map((text) => (text.length > 16 ? "line too long" : undefined)),
            );
          }
        }
      });
    }
  }

  it("leaves a header out at the beginning of a stream, and only there", () => {
    const bytes = Buffer.from("a,b\n1,2\n3,4\n");
    for (const size of [1, 3, 64]) {
      expect(cutAll(withHeader(lines), bytes, wide, [size])).toEqual([
        { text: "1,2", offset: 4 },
        { text: "3,4", offset: 8 },
      ]);
      expect(cutAll(withHeader(lines, 2), bytes, { ...wide, batchRecordsMax: 1 }, [size])).toHaveLength(1);
      expect(cutAll(withHeader(lines), bytes, wide, [size], 32, 4)).toHaveLength(2);
    }
  });

  it("keeps indexes of refused records right behind a header", () => {
    const bytes = Buffer.from(`${"h".repeat(20)}\nab\n${"x".repeat(20)}\n`);
    const found = cutAll(withHeader(lines), bytes, { recordBytesMax: 10, batchRecordsMax: 8 });
    expect(found.map((one) => one.reason)).toEqual([undefined, "line too long"]);
  });

  it("starts anew on another stream", () => {
    const cutter = new RecordCutter(lines, wide);
    cutter.feed(Buffer.from("half a li"), 0, 9);
    expect(cutter.next()).toBeUndefined();
    cutter.reset(100);
    cutter.feed(Buffer.from("ab\n"), 0, 3);
    const cut = cutter.next()!;
    expect(recordsOf(cut, lines)).toEqual([{ text: "ab", offset: 100 }]);
    expect([cut.startOffset, cut.endOffset]).toEqual([100, 103]);
  });

  it("takes time linear in the bytes of a long line, however small the blocks", () => {
    const copied = countCopies(() => cutAll(lines, Buffer.alloc(200_000, 97), wide, [100], 65536));
    expect(copied).toBeLessThan(5 * 200_000);
  });
});

/** Bytes moved by `Buffer.copy` while `work` runs. */
function countCopies(work: () => void): number {
  const copy = Buffer.prototype.copy;
  let bytes = 0;
  Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof copy>) {
    const count = copy.apply(this, args);
    bytes += count;
    return count;
  };
  try {
    work();
  } finally {
    Buffer.prototype.copy = copy;
  }
  return bytes;
}

describe("cutting records with a length before them", () => {
  const framing = lengthPrefixed();
  const framed = (texts: readonly string[]) =>
    Buffer.concat(
      texts.map((text) => {
        const head = Buffer.alloc(4);
        framing.writeHead!(head, 0, text.length);
        return Buffer.concat([head, Buffer.from(text, "latin1")]);
      }),
    );

  it("finds the same records however the bytes are cut, too long and cut off ones included", () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom("\n", "a", "\0", '"'), maxLength: 40 }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(texts, blockSizes, rooms, fc.nat(60), (list, sizes, room, cutOff) => {
        const whole = framed(list);
        const bytes = whole.subarray(0, Math.max(0, whole.length - cutOff));
        const found = cutAll(framing, bytes, { recordBytesMax: 20, batchRecordsMax: 3 }, sizes, room);
        let offset = 0;
        const expected: Found[] = [];
        for (const text of list) {
          if (offset >= bytes.length) break;
          const there = bytes.toString(
            "latin1",
            Math.min(offset + 4, bytes.length),
            Math.min(offset + 4 + text.length, bytes.length),
          );
          const missing = offset + 4 + text.length > bytes.length;
          const reason = there.length > 20 ? "record too long" : missing ? "record cut off" : undefined;
          expected.push({
            text: there.slice(0, 20),
            offset,
            ...(reason === undefined ? {} : { reason }),
          });
          offset += 4 + text.length;
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("lets a length of 4 GiB pass by without keeping more than the bound", () => {
    const found = cutAll(framing, Buffer.alloc(5000, 0xff), { recordBytesMax: 20, batchRecordsMax: 3 }, [64]);
    expect(found).toEqual([{ text: "\xff".repeat(20), offset: 0, reason: "record too long" }]);
  });
});

describe("cutting CSV records", () => {
  const framing = csvFraming();
  const texts = (csv: string, size = 64) => cutAll(framing, Buffer.from(csv), wide, [size]).map((one) => one.text);

  it("keeps a line break inside quotes in its record", () => {
    for (const size of [1, 2, 5, 64]) {
      expect(texts('a,"b\nc"\r\n"d\r\n""e"",\n",f\ng\n', size)).toEqual(['a,"b\nc"', '"d\r\n""e"",\n",f', "g"]);
    }
  });

  it("does not let a quote in the middle of a field swallow the lines after it", () => {
    expect(texts('5" disk,1\n3"\n"x"y,"\nz"\n')).toEqual(['5" disk,1', '3"', '"x"y,"\nz"']);
  });

  it("finds the same records however the bytes are cut", () => {
    fc.assert(
      fc.property(bytesOf, blockSizes, rooms, (bytes, sizes, room) => {
        const limits = { recordBytesMax: 25, batchRecordsMax: 4 };
        expect(cutAll(framing, bytes, limits, sizes, room)).toEqual(cutAll(framing, bytes, limits, [1000], 0));
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same as lines where there are no quotes", () => {
    const plain = bytesOf.map((bytes) => Buffer.from(bytes.filter((one) => one !== 34)));
    fc.assert(
      fc.property(plain, blockSizes, (bytes, sizes) => {
        expect(cutAll(framing, bytes, wide, sizes)).toEqual(cutAll(lines, bytes));
      }),
    );
  });

  it("refuses a separator that is no single ASCII character", () => {
    for (const separator of ["", ",,", '"', "\n", "é"]) expect(() => csvFraming({ separator })).toThrow("ML1002");
  });
});
