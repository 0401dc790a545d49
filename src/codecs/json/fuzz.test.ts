import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonLaws } from "../../../tools/fuzz-json/laws.ts";
import { seededRandom } from "../../core/random.ts";
import { json } from "./index.ts";

const RECORDS = 50_000;

describe("json against JSON.parse", () => {
  it(`agrees on ${RECORDS} generated and mutated records`, () => {
    const laws = new JsonLaws();
    let json = 0;
    let taken = 0;
    for (let seed = 1; seed <= RECORDS; seed++) {
      const outcome = laws.tryNext(seededRandom(seed));
      if (outcome.isJson) json++;
      if (outcome.isTaken) taken++;
    }
    // The generator must reach all three: values, refusals of JSON, and what is not JSON.
    expect(taken).toBeGreaterThan(RECORDS / 10);
    expect(json - taken).toBeGreaterThan(RECORDS / 10);
    expect(RECORDS - json).toBeGreaterThan(RECORDS / 10);
  });

  it("agrees on any JSON value, however it is spaced", () => {
    const laws = new JsonLaws();
    const member = fc.tuple(fc.constantFrom("ts", "uid", "n", "ok", "name", "a", "toString"), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(member), fc.nat(3), (members, indent) => {
        const record = JSON.stringify(Object.fromEntries(members), null, indent);
        return laws.try(Buffer.from(record), seededRandom(1)).isJson;
      }),
    );
  });

  it("agrees on any bytes", () => {
    const laws = new JsonLaws();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        laws.try(bytes, seededRandom(1));
        laws.try(
          Uint8Array.from([...Buffer.from('{"ts":1,"a":"'), ...bytes, ...Buffer.from('","uid":2}')]),
          seededRandom(2),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("reads back any text it is given, wherever it lies", () => {
    const decoder = json.pick({ a: json.string, n: json.number });
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.nat(9),
        (a, n, at) => {
          const record = Buffer.from(JSON.stringify({ before: a, a, n }));
          const bytes = Buffer.concat([Buffer.alloc(at, "\\"), record, Buffer.from('"}')]);
          // JSON has no -0 that JSON.stringify writes.
          expect(decoder.decode(bytes, at, at + record.length)).toEqual({ a, n: n === 0 ? 0 : n });
        },
      ),
    );
  });
});
