import { expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import type { Operator } from "../core/operator.ts";
import type { Source } from "../core/source.ts";
import { filter } from "../operators/filter.ts";
import { map } from "../operators/map.ts";
import { mapAsync } from "../operators/map-async.ts";
import type { Step } from "../plan/plan.ts";
import { planOf } from "../plan/validate.ts";
import { crash, listSource, pause } from "../testing/list-source.ts";
import { ManualClock, settled } from "../testing/manual-clock.ts";
import { memoryCheckpoints } from "../testing/memory-checkpoints.ts";
import { memorySink } from "../testing/memory-sink.ts";
import { Job, type JobOptions } from "./job.ts";

/** Runs steps one after another between a source and a sink, on virtual time. */
async function runChain(
  source: Source<unknown>,
  operators: readonly Operator<number, unknown>[],
  sink: ReturnType<typeof memorySink>,
  options: JobOptions = {},
) {
  const steps: Step[] = [{ type: "source", id: "in", source, inputs: [] }];
  for (const [index, operator] of operators.entries()) {
    steps.push({ type: "operator", id: `op${index}`, operator, inputs: [{ from: steps.at(-1)!.id }] });
  }
  steps.push({ type: "sink", id: "out", sink, inputs: [{ from: steps.at(-1)!.id }] });
  const clock = new ManualClock();
  const job = new Job(planOf(steps), { clock, ...options });
  let over = false;
  const settle = job.done.finally(() => (over = true)).catch(() => {});
  while (!over) {
    await settled();
    if (clock.nextAtMs !== undefined) await clock.advance(clock.nextAtMs - clock.now());
  }
  await settle;
  return job;
}

test("records go through fused steps in order", async () => {
  const sink = memorySink();
  const job = await runChain(
    listSource([1, 2, 3, 4, pause(5000), 5]),
    [map((n: number) => n * 10), filter((n: number) => n !== 30)],
    sink,
  );
  expect(sink.values).toEqual([10, 20, 40, 50]);
  expect((await job.done).state).toBe("finished");
  expect(job.status().steps.map((step) => [step.id, step.in, step.out])).toEqual([
    ["in", 5, 5],
    ["op0", 5, 5],
    ["op1", 5, 4],
    ["out", 4, 4],
  ]);
});

test("an error names the step, the record and what to do, and is wrapped once", async () => {
  const job = await runChain(
    listSource([1, 2, 3]),
    [
      map((n: number) => {
        if (n === 2) throw new TypeError("two is too much");
        return n;
      }),
    ],
    memorySink(),
  );
  await expect(job.done).rejects.toThrow(
    'ML2001 at step "op0", item 1 of the list: two is too much. Mend the function',
  );
  expect(job.status().state).toBe("failed");
});

test("after a crash the run goes on from its last checkpoint, and nothing is lost or doubled", async () => {
  const sink = memorySink();
  const checkpoints = memoryCheckpoints();
  const items = [1, 2, pause(2000), 3, 4, crash(), 5, pause(2000), 6, crash(), 7];
  const source = listSource(items);
  const run = () =>
    runChain(source, [mapAsync(async (n: number) => n + 100, { concurrency: 2 })], sink, { checkpoints });
  await expect((await run()).done).rejects.toThrow("the list says: crash");
  expect(sink.values).toEqual([101, 102, 103, 104]);
  await expect((await run()).done).rejects.toThrow("the list says: crash");
  expect(sink.values).toEqual([101, 102, 103, 104, 105, 106]);
  await (await run()).done;
  expect(sink.values).toEqual([101, 102, 103, 104, 105, 106, 107]);
});

test("in a run without checkpoints stores are told that changes need not be remembered, with checkpoints not", async () => {
  for (const [checkpoints, told] of [
    [undefined, 1],
    [memoryCheckpoints(), 0],
  ] as const) {
    let unwatched = 0;
    const keeper: Operator<number, number> = {
      kind: "keeper",
      stateVersion: "1",
      open: (context) => {
        context.state("kept", {
          collect: () => {},
          entries: () => [],
          apply: () => {},
          unwatched: () => (unwatched += 1),
        });
        return { record: (n) => context.emit(n) };
      },
    };
    await (await runChain(listSource([1]), [keeper], memorySink(), { checkpoints })).done;
    expect(unwatched).toBe(told);
  }
});

test("an abandoned run takes no last checkpoint and tells why", async () => {
  const checkpoints = memoryCheckpoints();
  const sink = memorySink<number>();
  const steps: Step[] = [
    { type: "source", id: "in", source: listSource([1, 2, pause(3_600_000), 3]), inputs: [] },
    { type: "sink", id: "out", sink, inputs: [{ from: "in" }] },
  ];
  const clock = new ManualClock();
  const job = new Job(planOf(steps), { clock, checkpoints });
  await clock.advance(10);
  expect(job.status().sources[0]?.records).toBe(2);
  job.abandon(new MillraceError("ML3001", { message: "somebody else has it" }));
  await expect(job.done).rejects.toThrow("ML3001: somebody else has it");
  expect(job.status()).toMatchObject({ state: "failed", checkpoints: { count: 0 } });
});
