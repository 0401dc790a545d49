import { expect, test } from "vitest";
import { type Decoder, Malformed } from "../core/codec.ts";
import type { DeadLetter } from "../core/dead-letter.ts";
import { MillraceError } from "../core/errors.ts";
import type { OnError } from "../core/operator.ts";
import { stream } from "../stream/stream.ts";
import { drive, memorySink, textSource } from "../testing/index.ts";

const notANumber = new Malformed("not a number");

/** Reads digits; anything else is malformed. */
const digits: Decoder<number> = {
  name: "digits",
  decode: (bytes, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString();
    return /^\d+$/.test(text) ? Number(text) : notANumber;
  },
};

function decoded(onMalformed: OnError | undefined, decoder = digits) {
  const sink = memorySink<number>();
  const dead = memorySink<DeadLetter>();
  const pipeline = stream("in", textSource(["1", "zwei", "3"], { batchRecords: 3 }))
    .decode("step", decoder, { onMalformed })
    .to("out", sink)
    .deadLetters("dead", dead);
  return { pipeline, sink, dead };
}

test.each([undefined, "deadLetter" as const])(
  "%s: what is malformed is a dead letter with its bytes",
  async (policy) => {
    const { pipeline, sink, dead } = decoded(policy);
    const status = await drive(pipeline);
    expect(sink.values).toEqual([1, 3]);
    expect(dead.values).toEqual([
      {
        step: "step",
        reason: "not a number",
        detail: undefined,
        partition: "list",
        place: "item 1 of the list",
        raw: new Uint8Array(Buffer.from("zwei")),
      },
    ]);
    expect(status.steps.find((step) => step.id === "step")).toMatchObject({
      kind: "decode",
      in: 3,
      out: 2,
      counters: { "dead:not a number": 1 },
    });
  },
);

test("skip: counted by reason, kept nowhere", async () => {
  const { pipeline, sink, dead } = decoded("skip");
  const status = await drive(pipeline);
  expect(sink.values).toEqual([1, 3]);
  expect(dead.values).toEqual([]);
  expect(status.steps.find((step) => step.id === "step")!.counters).toEqual({ "skipped:not a number": 1 });
});

test("fail: says where, what and what to do", async () => {
  const error = await drive(decoded("fail").pipeline).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MillraceError);
  expect((error as Error).message).toBe(
    'ML2002 at step "step", item 1 of the list: not a number. ' +
      'Mend the input, or let the step put such records aside: { onError: "deadLetter" }.',
  );
});

test("what a decoder throws is the step's failure, not the record's: no policy hides it", async () => {
  const broken: Decoder<number> = {
    name: "broken",
    decode: () => {
      throw new RangeError("a bug of the decoder");
    },
  };
  await expect(drive(decoded("skip", broken).pipeline)).rejects.toMatchObject({
    code: "ML2003",
    step: "step",
    position: "item 0 of the list",
    cause: expect.any(RangeError),
  });
});

test("a decoder is told of each batch before its records, when it reads the source itself", async () => {
  const told: string[] = [];
  const watching: Decoder<string> = {
    name: "watching",
    begin: (bytes, bounds, size) =>
      void told.push(Buffer.from(bytes.subarray(bounds[0], bounds[2 * size - 1])).toString()),
    decode: (bytes, start, end) => {
      const text = Buffer.from(bytes.subarray(start, end)).toString();
      told.push(text);
      return text;
    },
  };
  const lines = stream("in", textSource(["a", "b", "c"], { batchRecords: 2 }));
  await drive(
    lines
      .decode("step", watching)
      .to("out", memorySink())
      .and(
        lines
          .filter("some", () => true)
          .decode("later", { ...watching, begin: () => expect.fail() })
          .to("other", memorySink()),
      ),
  );
  expect(told).toEqual(["a\nb", "a", "a", "b", "b", "c", "c", "c"]);
});
