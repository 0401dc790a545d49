import { expect, test } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import { MillraceError } from "../core/errors.ts";
import { seededRandom } from "../core/random.ts";
import { drive, listSource, memoryCheckpoints, memorySink, SimDisk, settled } from "../testing/index.ts";
import { stream } from "./stream.ts";

/** A stream whose source and step say how often they were opened and asked. */
function counted() {
  const seen = { opened: 0, called: 0 };
  const list = listSource([1, 2]);
  const source = {
    traits: list.traits,
    open: (context: Parameters<typeof list.open>[0]) => {
      seen.opened += 1;
      return list.open(context);
    },
  };
  const numbers = stream("in", source).map("step", (n) => {
    seen.called += 1;
    return n;
  });
  return { seen, numbers };
}

test("steps that several pipelines share run once", async () => {
  const { seen, numbers } = counted();
  const [a, b, c] = [memorySink<number>(), memorySink<number>(), memorySink<number>()];
  const first = numbers.to("a", a);
  await drive(first.and(numbers.to("b", b), first, numbers.map("more", (n) => n).to("c", c)));
  expect(seen).toEqual({ opened: 1, called: 2 });
  expect([a.values, b.values, c.values]).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

test("and makes a new pipeline; those it was made of stay as they were", async () => {
  const { numbers } = counted();
  const [a, b] = [numbers.to("a", memorySink()), numbers.to("b", memorySink())];
  const both = a.and(b);
  expect(both.plan.steps.map(({ id }) => id)).toEqual(["in", "step", "a", "b"]);
  expect(a.plan.steps.map(({ id }) => id)).toEqual(["in", "step", "a"]);
  expect(a.plan).toBe(a.plan);
});

test("two ends of one name are refused", () => {
  const { numbers } = counted();
  const pipeline = numbers.to("out", memorySink()).and(numbers.to("out", memorySink()));
  expect(() => pipeline.plan).toThrow('ML1001: two steps are called "out"');
});

test("dead letters come from every step of all that was joined", async () => {
  const letters = memorySink<DeadLetter>();
  const reject = (n: number) => {
    if (n === 2) throw new Error("no");
    return n;
  };
  const step = (id: string) =>
    stream(`${id}-in`, listSource([1, 2]))
      .map(id, reject, { onError: "deadLetter" })
      .to(`${id}-out`, memorySink());
  await drive(step("a").deadLetters("dead", letters).and(step("b")));
  await drive(step("c").and(step("d").deadLetters("dead", memorySink())));
  expect(letters.values.map(({ step: id, place }) => [id, place])).toEqual([
    ["a", "item 1 of the list"],
    ["b", "item 1 of the list"],
  ]);
});

test("a pipeline has one dead-letter output", () => {
  const { numbers } = counted();
  const sink = memorySink<DeadLetter>();
  const [a, b] = [numbers.to("a", memorySink()), numbers.to("b", memorySink())];
  const several = "ML1001: a pipeline has one dead-letter output, and here are several";
  expect(() => a.deadLetters("dead", sink).and(b.deadLetters("dead", sink))).toThrow(several);
  expect(() => a.deadLetters("dead", sink).deadLetters("again", sink)).toThrow(several);
  const once = a.deadLetters("dead", sink);
  expect(once.and(b, once).plan.deadLetters).toBe("dead");
});

test("it can be run again and again, each time from the beginning without state", async () => {
  const { seen, numbers } = counted();
  const sink = memorySink<number>();
  const pipeline = numbers.to("out", sink);
  await drive(pipeline);
  await drive(pipeline);
  expect(seen.opened).toBe(2);
  expect(sink.values).toEqual([1, 2]);
});

test("with a state folder a run goes on where the one before ended", async () => {
  const disk = new SimDisk({ random: seededRandom(1) });
  const sink = memorySink<number>();
  const run = (items: number[]) => drive(stream("in", listSource(items)).to("out", sink), { disk, state: "/state" });
  await run([1, 2]);
  const status = await run([1, 2, 3]);
  expect(sink.values).toEqual([1, 2, 3]);
  expect(status).toMatchObject({ sources: [{ records: 1 }], checkpoints: { count: 1, store: { checkpoint: 2 } } });
});

test.each(["checkpointInterval", "drain", "stopAfterSilence"])("%s is read as a duration", (option) => {
  const pipeline = stream("in", listSource([1])).to("out", memorySink());
  expect(() => pipeline.run({ signals: false, [option]: "soon" })).toThrow('ML1003: "soon" is not a duration');
});

test("signals are listened to unless told", async () => {
  const before = process.listenerCount("SIGINT");
  const pipeline = stream("in", listSource([1])).to("out", memorySink<number>({ delivery: "at-least-once" }));
  const quiet = pipeline.run({ signals: false, checkpoints: memoryCheckpoints() });
  expect(process.listenerCount("SIGINT")).toBe(before);
  await quiet.done;
  const job = pipeline.run();
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  await job.done;
  await settled();
  expect(process.listenerCount("SIGINT")).toBe(before);
});

test("a plan that is wrong is told when it is run or explained, at once", () => {
  const wrong = stream("in", listSource([1]))
    .side("late")
    .to("out", memorySink());
  for (const use of [() => wrong.run(), () => wrong.explain(), () => wrong.plan]) expect(use).toThrow(MillraceError);
});
