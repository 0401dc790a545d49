import { describe, expect, it, vi } from "vitest";
import { Malformed } from "../../core/codec.ts";
import { json } from "./index.ts";

const strict = () => json.pick({ n: json.int }, { mode: "strict" });
const good = [...Buffer.from('{"n":1,"a":"Ключ"}')];
const bad = [...Buffer.from('{"n":1,"a":"'), 0xff, ...Buffer.from('"}')];

/** The records one behind the other with LF between, and where each lies. */
function lines(...records: number[][]): { bytes: Uint8Array; bounds: [number, number][] } {
  const all: number[] = [0x0a];
  const bounds = records.map((record): [number, number] => {
    const start = all.length;
    all.push(...record, 0x0a);
    return [start, start + record.length];
  });
  return { bytes: Uint8Array.from(all), bounds };
}

describe("strict and blocks", () => {
  it("finds the one bad record of a block, and loses no good one", () => {
    const { bytes, bounds } = lines(good, bad, good);
    const decoder = strict();
    decoder.begin?.(bytes, Int32Array.from(bounds.flat()), bounds.length);
    const results = bounds.map(([start, end]) => decoder.decode(bytes, start, end));
    expect(results).toEqual([{ n: 1 }, new Malformed("not JSON"), { n: 1 }]);
  });

  it("trusts a block's check for that block alone", () => {
    const first = lines(good);
    const second = lines(bad);
    const decoder = strict();
    decoder.begin?.(first.bytes, Int32Array.from(first.bounds[0]!), 1);
    expect(decoder.decode(first.bytes, ...first.bounds[0]!)).toEqual({ n: 1 });
    expect(decoder.decode(second.bytes, ...second.bounds[0]!)).toBeInstanceOf(Malformed);
  });

  it("checks records that lie outside the block", () => {
    const { bytes, bounds } = lines(good, bad);
    const decoder = strict();
    decoder.begin?.(bytes, Int32Array.from(bounds[0]!), 1);
    expect(decoder.decode(bytes, ...bounds[1]!)).toBeInstanceOf(Malformed);
  });

  it("works without begin", () => {
    const { bytes, bounds } = lines(good, bad);
    expect(strict().decode(bytes, ...bounds[0]!)).toEqual({ n: 1 });
    expect(strict().decode(bytes, ...bounds[1]!)).toBeInstanceOf(Malformed);
  });
});

describe("strict and strings", () => {
  /** Whether both take `{"n":1,"a":"<text>"}`. */
  function isTaken(text: Uint8Array): [strict: boolean, byJsonParse: boolean] {
    const record = Buffer.concat([Buffer.from('{"n":1,"a":"'), text, Buffer.from('"}')]);
    const taken = !(strict().decode(record, 0, record.length) instanceof Malformed);
    try {
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(record));
      return [taken, true];
    } catch {
      return [taken, false];
    }
  }

  it("takes the escapes and characters that JSON.parse takes, wherever they lie in a word", () => {
    let refused = 0;
    for (let byte = 0; byte < 256; byte++) {
      for (const text of [
        [0x5c, byte],
        [byte],
        [0x5c, 0x75, 0x30, 0x61, 0x46, byte],
        [0xc3, byte],
        [0xe0, byte, 0x80],
      ]) {
        for (const before of ["", "x", "xx", "xxx", "xxxx"]) {
          const [taken, wanted] = isTaken(Uint8Array.from([...Buffer.from(before), ...text, 0x78]));
          expect(taken, `${before}${text}`).toBe(wanted);
          if (!wanted) refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

describe("strict and nesting", () => {
  it("takes a million levels", () => {
    const levels = 1_000_000;
    const bytes = Buffer.from(`{"a":${'[{"a":'.repeat(levels / 2)}1${"}]".repeat(levels / 2)},"n":1}`);
    expect(strict().decode(bytes, 0, bytes.length)).toEqual({ n: 1 });
  });

  it.each([
    '{"a":[}],"n":1}',
    '{"a":{]},"n":1}',
    '{"a":[1},"n":1}',
    '{"n":1}}',
    '{"a":[[1],"n":1}',
    '{"a":{"b":1],"n":1}',
  ])("refuses brackets that do not match: %s", (text) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(strict().decode(Buffer.from(text), 0, text.length)).toEqual(new Malformed("not JSON"));
  });

  it("goes on with a deep record's memory on the next", () => {
    const decoder = strict();
    const deep = Buffer.from(`{"a":${"[".repeat(5000)}}`);
    expect(decoder.decode(deep, 0, deep.length)).toBeInstanceOf(Malformed);
    expect(decoder.decode(Buffer.from(good), 0, good.length)).toEqual({ n: 1 });
  });
});

describe("where code from text is forbidden", () => {
  it("makes the same objects by a loop", () => {
    vi.stubGlobal("Function", function forbidden() {
      throw new EvalError("code generation from strings disallowed");
    });
    try {
      expect(strict().decode(Buffer.from(good), 0, good.length)).toEqual({ n: 1 });
      const proto = json.pick({ ["__proto__"]: json.int });
      const value = proto.decode(Buffer.from('{"__proto__":1}'), 0, 15);
      expect(Object.entries(value)).toEqual([["__proto__", 1]]);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
