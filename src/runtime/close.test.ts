import { describe, expect, test } from "vitest";
import type { Operator } from "../core/operator.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memoryCheckpoints, memorySink, TestRun } from "../testing/index.ts";
import { changedSink, changedSource, notingCheckpoints, notingSink, notingSource } from "./parts-fixture.ts";

type Part = "operator" | "source" | "sink" | "store";

/** A pipeline of two of everything, of which the first of one kind throws when it is closed. */
async function closing(bad: Part | undefined, failsAnyway = false) {
  const log: string[] = [];
  const no = async (part: Part) => {
    if (part === bad) throw new Error(`${part} does not close`);
  };
  const operator = (name: string): Operator<number, number> => ({
    kind: "closing",
    open: (context) => ({
      record: (n) => {
        if (failsAnyway) throw new Error("failed before");
        context.emit(n);
      },
      close: () => {
        log.push(`${name} close`);
        if (bad === "operator") throw new Error("operator does not close");
      },
    }),
  });
  const source = (name: string) => {
    const noted = notingSource(name, listSource([1]), log);
    return changedSource(noted, (reader) => ({ close: () => reader.close().then(() => no("source")) }));
  };
  const sink = (name: string) =>
    changedSink(notingSink(name, memorySink<number>(), log), (writer) => ({
      close: () => writer.close().then(() => no("sink")),
    }));
  const store = notingCheckpoints(log, memoryCheckpoints());
  const all = stream("a", source("a"))
    .via("p", operator("p"))
    .merge("all", stream("b", source("b")).via("q", operator("q")));
  const run = new TestRun(all.to("x", sink("x")).and(all.to("y", sink("y"))), {
    checkpoints: { ...store, close: () => store.close().then(() => no("store")) },
  }).start();
  const error = await run.finish().then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  return { error, closed: log.filter((line) => line.endsWith("close")).toSorted(), state: run.job.status().state };
}

const everything = ["a close", "b close", "p close", "q close", "store close", "x close", "y close"];

test("everything is closed, once", async () => {
  expect(await closing(undefined)).toEqual({ error: undefined, closed: everything, state: "finished" });
});

describe("an error in close", () => {
  test.each([
    ["operator", /^ML2003 at step "[pq]": operator does not close\. /],
    ["source", /^ML2003 at step "a": source does not close\. /],
    ["sink", /^ML2003 at step "[xy]": sink does not close\. /],
    ["store", /^ML2003 at step "pipeline": store does not close\. /],
  ] as const)("of %s fails the run, named, and everything else is closed", async (part, message) => {
    const { error, closed, state } = await closing(part);
    expect(error).toMatch(message);
    expect(closed).toEqual(everything);
    expect(state).toBe("failed");
  });

  test("does not hide what the run had failed with before", async () => {
    const { error, closed } = await closing("sink", true);
    expect(error).toContain("failed before");
    expect(closed).toEqual(everything);
  });
});

describe("a run that cannot be opened", () => {
  test("closes what was opened, and names the step that could not be", async () => {
    const log: string[] = [];
    const refusing = {
      traits: { name: "refusing", replayable: true, live: false },
      open: async () => {
        throw new Error("no such thing");
      },
    };
    const good = stream("good", notingSource("good", listSource([1]), log));
    const pipeline = good.merge("all", stream<number>("bad", refusing)).to("out", notingSink("out", memorySink(), log));
    const checkpoints = notingCheckpoints(log);
    const run = new TestRun(pipeline, { checkpoints }).start();
    await expect(run.finish()).rejects.toThrow('ML2003 at step "bad": no such thing. ');
    expect(log).toEqual(["store open", "good close", "out close", "store close"]);
    expect(run.job.status()).toMatchObject({ state: "failed", checkpoints: { count: 0 } });
  });

  test("because of a sink names the sink, and opens no source", async () => {
    const log: string[] = [];
    const sink = {
      traits: { name: "x", delivery: "at-least-once" as const },
      open: () => Promise.reject(new Error("full")),
    };
    const run = new TestRun(stream("in", notingSource("in", listSource([1]), log)).to("out", sink)).start();
    await expect(run.finish()).rejects.toThrow('ML2003 at step "out": full. ');
    expect(log).toEqual([]);
  });

  test("because of an operator names the operator; timers it had set do not run", async () => {
    const late: string[] = [];
    const operator: Operator<number, number> = {
      kind: "bad",
      open: (context) => {
        context.timer(10, () => late.push("ran"));
        throw new Error("not today");
      },
    };
    const run = new TestRun(
      stream("in", listSource([1]))
        .via("bad", operator)
        .to("out", memorySink()),
    ).start();
    await expect(run.finish()).rejects.toThrow('ML2003 at step "bad": not today. ');
    await run.advance(1_000);
    expect(late).toEqual([]);
  });
});
