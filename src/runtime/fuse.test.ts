import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import type { OnError, Operator } from "../core/operator.ts";
import { filter } from "../operators/filter.ts";
import { map } from "../operators/map.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memorySink, TestRun } from "../testing/index.ts";

/** A step of a chain: what it does to a number, where it throws, and what then. */
interface Link {
  readonly kind: "map" | "filter";
  readonly modulus: number;
  readonly throwsAt: number;
  readonly onError: OnError | undefined;
}

const link: fc.Arbitrary<Link> = fc.record({
  kind: fc.constantFrom("map", "filter"),
  modulus: fc.integer({ min: 1, max: 5 }),
  throwsAt: fc.nat(12),
  onError: fc.constantFrom<OnError | undefined>("skip", "deadLetter", "skip", "deadLetter", "fail", undefined),
});

function operatorOf({ kind, modulus, throwsAt, onError }: Link): Operator<number, number> {
  const check = (n: number) => {
    if (n % 13 === throwsAt && throwsAt !== 0) throw new RangeError(`no ${n} here`);
  };
  if (kind === "map") {
    const change = (n: number) => {
      check(n);
      return n * 2 + (n % modulus);
    };
    return map(change, { onError });
  }
  const keep = (n: number) => {
    check(n);
    return n % modulus !== 1;
  };
  return filter(keep, { onError });
}

/** Where a chain stands: at the source, whose batches it takes whole, or behind another step; split in two behind its third or not. */
interface Setting {
  readonly isBehind: boolean;
  readonly isSplit: boolean;
}

/** All there is to see of a run of numbers through a chain, fused or not. */
async function runChain(links: readonly Link[], numbers: readonly number[], setting: Setting, fuses: boolean) {
  const [sink, other, dead] = [memorySink<number>(), memorySink<number>(), memorySink<DeadLetter>()];
  let records = stream("in", listSource(numbers, { batchRecords: 4 }));
  if (setting.isBehind) records = records.flatMap("each", (n) => [n]);
  let pipelines: ReturnType<typeof records.to>[] = [];
  for (const [at, one] of links.entries()) {
    const { pure, ...unfused } = operatorOf(one);
    records = records.via(`step${at}`, fuses ? { ...unfused, pure } : unfused);
    if (setting.isSplit && at === 2) pipelines = [records.map("aside", (n) => -n).to("other", other)];
  }
  const run = new TestRun(
    records
      .to("out", sink)
      .and(...pipelines)
      .deadLetters("dead", dead),
  ).start();
  const error = await run.job.done.then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  const counts = run.job.status().steps.map(({ id, in: taken, out, counters }) => ({ id, taken, out, counters }));
  // Where a run fails, what was counted at the failing record is not promised.
  return {
    values: sink.values,
    other: other.values,
    dead: dead.values,
    error,
    counts: error === undefined ? counts : [],
  };
}

test("a fused chain gives what its steps give one by one: values, counts, dead letters and errors", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(link, { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(1000), { maxLength: 20 }),
      fc.record({ isBehind: fc.boolean(), isSplit: fc.boolean() }),
      async (links, numbers, setting) => {
        expect(await runChain(links, numbers, setting, true)).toEqual(await runChain(links, numbers, setting, false));
      },
    ),
    { numRuns: 300 },
  );
});

test("a fused chain stops in the middle of a batch when the sink is full, and goes on with the next record", async () => {
  const numbers = Array.from({ length: 50 }, (_, i) => i);
  const sink = memorySink<number>({ pendingRecordsMax: 1 });
  const pipeline = stream("in", listSource(numbers, { batchRecords: 20 }))
    .map("double", (n) => 2 * n)
    .filter("some", (n) => n % 6 !== 0)
    .to("out", sink);
  await new TestRun(pipeline).start().finish();
  expect(sink.values).toEqual(numbers.filter((n) => n % 3 !== 0).map((n) => 2 * n));
  expect(sink.pendingRecordsPeak).toBe(1);
});

/** Whether a chain of two ran as one function: then the engine calls the second from no frame of the first's step. */
async function framesOf(operators: readonly Operator<number, number>[]): Promise<string> {
  let stack = "";
  const spy = map((n: number) => {
    stack = new Error("here").stack!;
    return n;
  });
  const chain = [...operators, spy].reduce(
    (records, operator, at) => records.via(`step${at}`, operator),
    stream("in", listSource([1])),
  );
  await new TestRun(chain.to("out", memorySink())).start().finish();
  return stack;
}

test("chains of pure steps are fused, and nothing else is", async () => {
  const one = map((n: number) => n);
  expect(await framesOf([one])).not.toContain("context.ts");
  expect(await framesOf([{ kind: "map", open: one.open }])).toContain("context.ts");
});

test("watermarks and silence pass a fused chain", async () => {
  const times: number[] = [];
  const pipeline = stream("in", listSource([1, 5, 9]))
    .eventTime("clock", (n) => n, { lag: 0 })
    .map("a", (n) => n)
    .filter("b", (n) => n !== 5)
    .via("probe", {
      kind: "probe",
      open: (context) => ({ record: (value) => context.emit(value), watermark: (time) => void times.push(time) }),
    })
    .to("out", memorySink());
  const status = await new TestRun(pipeline).start().finish();
  expect(times).toEqual([1, 5, 9]);
  expect(status.steps.find((step) => step.id === "b")!.watermark).toBe(9);
});

test("where a process forbids functions made from text, the steps run one by one, with the same results", () => {
  const program = `
    const { stream } = await import("./src/index.ts");
    const { drive, listSource, memorySink } = await import("./src/testing/index.ts");
    const sink = memorySink();
    let forbidden = false;
    try { new Function("return 1"); } catch { forbidden = true; }
    const status = await drive(stream("in", listSource([1, 2, 3, 4])).map("a", (n) => n * 10).filter("b", (n) => n > 10)
      .map("c", (n) => n + 1).to("out", sink));
    console.log(JSON.stringify({ forbidden, values: sink.values, counts: status.steps.map((step) => [step.in, step.out]) }));`;
  const flags = ["--disallow-code-generation-from-strings", "--input-type=module-typescript", "--eval", program];
  const printed = execFileSync(process.execPath, flags, { encoding: "utf8" });
  expect(JSON.parse(printed)).toEqual({
    forbidden: true,
    values: [21, 31, 41],
    counts: [
      [4, 4],
      [4, 4],
      [4, 3],
      [3, 3],
      [3, 3],
    ],
  });
});

test("nothing of the user's or the data's is in the text that is compiled", async () => {
  const texts: string[] = [];
  const real = globalThis.Function;
  vi.stubGlobal(
    "Function",
    new Proxy(real, {
      construct: (target, given: string[]) => {
        texts.push(given.at(-1)!);
        return Reflect.construct(target, given);
      },
    }),
  );
  try {
    const secret = "`\u0024{process.exit()}`";
    const chain = stream("in", listSource([secret]))
      .map("step.one", (text) => text)
      .filter("step-two", (text) => text === secret);
    await new TestRun(chain.to("out", memorySink())).start().finish();
  } finally {
    vi.unstubAllGlobals();
  }
  expect(texts).toHaveLength(1);
  expect(texts[0]).not.toMatch(/step|process|exit|\d{2,}/);
});
