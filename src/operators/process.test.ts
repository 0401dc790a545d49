import { describe, expect, test } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import { stream } from "../stream/stream.ts";
import { drive, from, listSource, memoryCheckpoints, memorySink, pause, settled, TestRun } from "../testing/index.ts";
import { notingSink } from "./noting-sink-fixture.ts";
import { testPolicies } from "./policies-fixture.ts";
import { type ProcessContext, type Processor, type ProcessTask, process } from "./process.ts";

interface Visit {
  readonly user: string;
  readonly at: number;
  readonly what?: string;
}

const visit = (user: string, at: number, what?: string): Visit =>
  what === undefined ? { user, at } : { user, at, what };

/** A processor of visits made from its `open`. */
function processor<K = string>(
  open: (context: ProcessContext<string, K>) => ProcessTask<Visit>,
  more: Partial<Processor<Visit, string, K>> = {},
): Processor<Visit, string, K> {
  return { kind: "visits", version: "1", open, ...more };
}

/** Visits, with event time and keyed by user, through a processor. */
function visits(items: Parameters<typeof listSource<Visit>>[0], rule: Processor<Visit, string, string>) {
  return stream("in", listSource<Visit>(items))
    .eventTime("clock", ({ at }) => at, { lag: 0 })
    .keyBy("user", ({ user }) => user)
    .process("step", rule);
}

async function outputOf(items: Parameters<typeof listSource<Visit>>[0], rule: Processor<Visit, string, string>) {
  const sink = notingSink<string>();
  await drive(visits(items, rule).to("out", sink));
  return sink.noted;
}

const counting = processor((context) => {
  const seen = context.state<number>("seen");
  return {
    record: ({ what }) => {
      if (what === "forget") seen.delete();
      else seen.set((seen.get() ?? 0) + 1);
      context.emit(`${context.key} ${seen.get()}`);
    },
  };
});

describe("state", () => {
  test("is the key's own; what is deleted is gone", async () => {
    const noted = await outputOf(
      [visit("a", 1), visit("b", 2), visit("a", 3), visit("a", 4, "forget"), visit("a", 5), visit("b", 6)],
      counting,
    );
    expect(noted.map(({ value }) => value)).toEqual(["a 1", "b 1", "a 2", "a undefined", "a 1", "b 2"]);
    expect(noted[2]).toEqual({ value: "a 2", key: "a", time: 3, place: "item 2 of the list", partition: "list" });
  });

  test("is one for all records without keyBy", async () => {
    const sink = memorySink<string>();
    const rule = processor<undefined>((context) => {
      const seen = context.state<number>("seen");
      return {
        record: () => {
          seen.set((seen.get() ?? 0) + 1);
          context.emit(`${context.key} ${seen.get()} ${context.time}`);
        },
      };
    });
    await drive(
      stream("in", listSource([visit("a", 1), visit("b", 2)]))
        .process("step", rule)
        .to("out", sink),
    );
    expect(sink.values).toEqual(["undefined 1 NaN", "undefined 2 NaN"]);
  });

  test("survives a crash, several states of a step each by its name", async () => {
    const rule = processor((context) => {
      const [seen, last] = [context.state<number>("seen"), context.state<{ at: number }>("last")];
      return {
        record: ({ at }) => {
          context.emit(`${context.key} ${seen.get() ?? 0} ${last.get()?.at}`);
          seen.set((seen.get() ?? 0) + 1);
          last.set({ at });
        },
      };
    });
    const sink = memorySink<string>();
    const items = [visit("a", 1), visit("b", 2), pause(2_000), visit("a", 3), pause(500), visit("a", 4), visit("b", 5)];
    const run = new TestRun(visits(items, rule).to("out", sink)).start();
    await run.advance(2_100);
    run.kill();
    await run.start().finish();
    expect(sink.values).toEqual(["a 0 undefined", "b 0 undefined", "a 1 1", "a 2 3", "b 1 2"]);
  });

  test("can only be named in open, and each name once", async () => {
    const late = processor((context) => ({
      record: () => {
        context.state("late");
      },
    }));
    await expect(outputOf([visit("a", 1)], late)).rejects.toThrow("state is registered in open() only");
    const twice = processor((context) => {
      context.state("seen");
      context.state("seen");
      return { record: () => {} };
    });
    await expect(outputOf([visit("a", 1)], twice)).rejects.toThrow(
      'ML1001 at step "step": two states of the step are called "state seen". ',
    );
  });

  test("of another version is refused, naming the step", async () => {
    const checkpoints = memoryCheckpoints();
    const start = (rule: typeof counting) =>
      drive(visits([visit("a", 1)], rule).to("out", memorySink()), { checkpoints });
    await start(counting);
    await expect(start({ ...counting, version: "2" })).rejects.toThrow(
      'ML5003 at step "step": its state has layout "process/1 1", the step now reads "process/1 2". ',
    );
  });

  test("that cannot be copied fails the run when it is to be kept, naming the step", async () => {
    const rule = processor((context) => {
      const kept = context.state<unknown>("kept");
      return { record: () => kept.set(() => 1) };
    });
    const run = drive(visits([visit("a", 1), pause(1_500)], rule).to("out", memorySink()), {
      checkpoints: memoryCheckpoints(),
    });
    await expect(run).rejects.toMatchObject({ code: "ML2003", step: "step" });
  });
});

/** Sets a timer `what` says: `"<name> <time>"`, or cancels `"<name> off"`; says what fires. */
const timing = processor((context) => ({
  record: ({ what }) => {
    const [name = "", when = ""] = (what ?? "").split(" ");
    if (when === "off") context.cancelTimer(name);
    else if (when !== "") context.setTimer(name, Number(when));
  },
  timer: (name) => context.emit(`${context.key} ${name} at ${context.time}`),
}));

const fired = async (items: Parameters<typeof outputOf>[0]) =>
  (await outputOf(items, timing)).map(({ value }) => value);

describe("timers", () => {
  test("fire once event time has passed theirs, in the order of time, those of one time as they were set", async () => {
    const noted = await outputOf(
      [visit("a", 1, "x 30"), visit("b", 2, "y 20"), visit("b", 3, "x 30"), visit("a", 4, "late 99"), visit("c", 31)],
      timing,
    );
    expect(noted).toEqual([
      { value: "b y at 20", key: "b", time: 20, place: "no single record", partition: undefined },
      { value: "a x at 30", key: "a", time: 30, place: "no single record", partition: undefined },
      { value: "b x at 30", key: "b", time: 30, place: "no single record", partition: undefined },
    ]);
  });

  test("set again they move, cancelled they do not fire; those of other keys stay", async () => {
    const items = [
      visit("a", 1, "x 10"),
      visit("b", 2, "x 10"),
      visit("a", 3, "x 50"),
      visit("a", 4, "y 20"),
      visit("a", 5, "y off"),
      visit("a", 6, "z off"),
      visit("c", 60),
    ];
    expect(await fired(items)).toEqual(["b x at 10", "a x at 50"]);
  });

  test("set for a time that has passed already, they fire right after the record", async () => {
    const rule = processor((context) => ({
      record: ({ what }) => {
        context.emit(`${context.key} ${what} at ${context.time}`);
        if (what === "set") context.setTimer("past", 3);
      },
      timer: (name) => context.emit(`${name} at ${context.time}`),
    }));
    const noted = await outputOf([visit("a", 10, "first"), visit("a", 9, "set"), visit("b", 10, "next")], rule);
    expect(noted.map(({ value }) => value)).toEqual(["a first at 10", "a set at 9", "past at 3", "b next at 10"]);
  });

  test("may set timers and change state; one due by then fires in the same go, in its place", async () => {
    const rule = processor((context) => {
      const left = context.state<number>("left");
      return {
        record: () => {
          left.set(3);
          context.setTimer("tick", context.time + 10);
          context.setTimer("end", context.time + 25);
        },
        timer: (name) => {
          context.emit(`${name} at ${context.time} with ${left.get()}`);
          left.set(left.get()! - 1);
          if (name === "tick" && left.get()! > 0) context.setTimer("tick", context.time + 10);
        },
      };
    });
    const noted = await outputOf([visit("a", 0), visit("b", 100)], rule);
    expect(noted.map(({ value }) => value)).toEqual([
      "tick at 10 with 3",
      "tick at 20 with 2",
      "end at 25 with 1",
      "tick at 30 with 0",
    ]);
  });

  test("fire before event time moves on for the steps behind", async () => {
    const log: unknown[] = [];
    const sink = notingSink<unknown>();
    const records = visits([visit("a", 1, "x 5"), visit("b", 7)], timing).via("probe", {
      kind: "probe",
      open: (context) => ({
        record: (value) => {
          log.push(value);
          context.emit(value);
        },
        watermark: (time) => {
          log.push(time);
          context.watermark(time);
        },
      }),
    });
    await drive(records.to("out", sink));
    expect(log).toEqual([1, "a x at 5", 7]);
  });

  test("do not fire at the end of the input, nor without event time", async () => {
    expect(await fired([visit("a", 1, "x 10")])).toEqual([]);
    const sink = memorySink<string>();
    const unclocked = stream("in", listSource([visit("a", 1, "x 1"), visit("a", 50)])).process(
      "step",
      timing as unknown as Processor<Visit, string, undefined>,
    );
    await drive(unclocked.to("out", sink));
    expect(sink.values).toEqual([]);
  });

  test("survive a crash: set, moved, cancelled and fired ones, and the step's event time", async () => {
    const sink = memorySink<string>();
    const items = [
      visit("a", 1, "x 100"),
      visit("b", 2, "x 100"),
      visit("c", 3, "x 5"),
      visit("d", 10),
      pause(2_000),
      visit("a", 11, "x 200"),
      visit("b", 12, "x off"),
      pause(2_000),
      visit("e", 4, "late 6"),
      visit("d", 300),
    ];
    const pipeline = visits(items, timing).to("out", sink);
    const run = new TestRun(pipeline).start();
    for (const at of [1_500, 2_000]) {
      await run.advance(at);
      run.kill();
      run.start();
    }
    const status = await run.finish();
    expect(sink.values).toEqual(["c x at 5", "e late at 6", "a x at 200"]);
    expect(status.steps.find((step) => step.id === "step")!.own).toEqual({ timers: 0 });
  });

  test('an empty key is a key: its timers know it, and "no key" is another one', async () => {
    expect(await fired([visit("", 1, "x 5"), visit("b", 9)])).toEqual([" x at 5"]);
    const sink = notingSink<string>();
    const rule = processor<undefined>((context) => ({
      record: ({ what }) => {
        if (what === "set") context.setTimer("x", 5);
      },
      timer: () => context.emit(`${context.key}`),
    }));
    const unkeyed = stream("in", listSource([visit("a", 1, "set"), visit("a", 9)])).eventTime("clock", ({ at }) => at, {
      lag: 0,
    });
    await drive(unkeyed.process("step", rule).to("out", sink));
    expect(sink.noted.map(({ value, key }) => [value, key])).toEqual([["undefined", undefined]]);
  });

  test("a function that throws at a timer falls under the policy, at no single record", async () => {
    const throwing = (onError: "fail" | "deadLetter") =>
      processor(
        (context) => ({
          record: () => context.setTimer("x", 5),
          timer: () => {
            throw new Error("not now");
          },
        }),
        { onError },
      );
    const dead = memorySink<DeadLetter>();
    const items = [visit("a", 1), visit("b", 9)];
    await drive(visits(items, throwing("deadLetter")).to("out", memorySink()).deadLetters("dead", dead));
    expect(dead.values).toMatchObject([
      { step: "step", detail: "not now", place: "no single record", partition: undefined },
      { step: "step", detail: "not now", place: "no single record", partition: undefined },
    ]);
    await expect(drive(visits(items, throwing("fail")).to("out", memorySink()))).rejects.toThrow(
      'ML2001 at step "step", no single record: not now. ',
    );
  });
});

describe("side outputs", () => {
  const sorting = processor(
    (context) => ({
      record: ({ what }) => {
        if (what === "odd") context.side("odd", { user: context.key });
        else context.emit(context.key);
      },
    }),
    { sides: ["odd"] },
  );

  test("get what is put there, with its key; unread ones are dropped", async () => {
    const items = [visit("a", 1), visit("b", 2, "odd"), visit("c", 3)];
    const [main, odd] = [memorySink<string>(), notingSink<{ user: string }>()];
    const sorted = visits(items, sorting);
    await drive(sorted.to("main", main).and(sorted.side<{ user: string }>("odd").to("odd", odd)));
    expect(main.values).toEqual(["a", "c"]);
    expect(odd.noted.map(({ value, key, time }) => [value, key, time])).toEqual([[{ user: "b" }, "b", 2]]);
    expect((await outputOf(items, sorting)).map(({ value }) => value)).toEqual(["a", "c"]);
  });

  test("that the processor does not name are refused when the pipeline is put together", () => {
    const pipeline = visits([], sorting).side("even").to("out", memorySink());
    expect(() => pipeline.plan).toThrow('step "step" has no side output "even": it has odd');
  });
});

describe("the end", () => {
  test("comes once, with no key and no time, and may still emit", async () => {
    const rule = processor((context) => ({
      record: () => {},
      end: () => context.emit(`${context.key} ${context.time}`),
    }));
    expect((await outputOf([visit("a", 1), visit("b", 2)], rule)).map(({ value }) => value)).toEqual(["undefined NaN"]);
  });

  test("does not come when the run is stopped and will go on", async () => {
    const sink = memorySink<string>();
    const rule = processor((context) => ({ record: () => {}, end: () => context.emit("end") }));
    const run = new TestRun(visits([visit("a", 1), pause(5_000), visit("b", 2)], rule).to("out", sink)).start();
    await run.advance(100);
    await run.stop();
    expect(sink.values).toEqual([]);
    await run.start().finish();
    expect(sink.values).toEqual(["end"]);
  });

  test.each(["fail", "skip"] as const)("a function that throws there falls under the policy: %s", async (onError) => {
    const rule = processor(
      () => ({
        record: () => {},
        end: () => {
          throw new Error("over");
        },
      }),
      { onError },
    );
    const run = drive(visits([visit("a", 1)], rule).to("out", memorySink()));
    if (onError === "skip") {
      const { steps } = await run;
      expect(steps.find((step) => step.id === "step")!.counters).toEqual({ skipped: 1 });
    } else await expect(run).rejects.toThrow('ML2001 at step "step", no single record: over. ');
  });
});

test("what later steps throw is theirs, whatever the processor's policy", async () => {
  const rule = processor((context) => ({ record: () => context.emit("x") }), { onError: "skip" });
  const pipeline = visits([visit("a", 1)], rule)
    .map("later", () => {
      throw new Error("mine");
    })
    .to("out", memorySink());
  await expect(drive(pipeline)).rejects.toMatchObject({ code: "ML2001", step: "later" });
});

test("it is given the run's clock, chance and meter; partitions share the state", async () => {
  const sink = memorySink<string>();
  const rule = processor((context) => {
    const seen = context.state<number>("seen");
    return {
      record: () => {
        seen.set((seen.get() ?? 0) + 1);
        context.meter.counter("seen").value += 1;
        context.emit(`${context.clock.now()} ${context.random.next()} ${seen.get()}`);
      },
    };
  });
  const status = await drive(
    visits([from("p", visit("a", 1)), pause(70), from("q", visit("a", 2))], rule).to("out", sink),
    { random: { next: () => 0.5, below: () => 0 } },
  );
  await settled();
  expect(sink.values).toEqual(["0 0.5 1", "70 0.5 2"]);
  expect(status.steps.find((step) => step.id === "step")).toMatchObject({ kind: "visits", counters: { seen: 2 } });
});

testPolicies((guard, onError) =>
  process<number, number, unknown>({
    kind: "guarded",
    version: "1",
    onError,
    open: (context) => ({
      record: (value) => {
        guard(value);
        context.emit(value);
      },
    }),
  }),
);
