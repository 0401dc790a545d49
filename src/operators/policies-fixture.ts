import { describe, expect, test } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import { MillraceError } from "../core/errors.ts";
import type { OnError, Operator } from "../core/operator.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memorySink, TestRun } from "../testing/index.ts";

/** The user's function of a step under test: throws at 2, with `thrown`, and else does what the step needs. */
export type Guard = (value: number) => void;

/** Runs 1, 2, 3 through a step whose function throws at 2. */
async function runStep(make: (guard: Guard, onError: OnError | undefined) => Operator<number, unknown>, given: Given) {
  const sink = memorySink<unknown>();
  const dead = memorySink<DeadLetter>();
  const guard = (value: number) => {
    if (value === 2) throw given.thrown;
  };
  const pipeline = stream("in", listSource([1, 2, 3], { batchRecords: 3 }))
    .via("step", make(guard, given.onError))
    .to("out", sink)
    .deadLetters("dead", dead);
  const { job } = new TestRun(pipeline).start();
  const error = await job.done.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const status = job.status().steps.find((step) => step.id === "step")!;
  return { values: sink.values, dead: dead.values, error, status, job };
}

interface Given {
  readonly onError: OnError | undefined;
  readonly thrown: unknown;
}

/** What happens at a record at which a step's function throws, by the step's policy. `make` must hand on what it gets where `guard` lets it. */
export function testPolicies(make: (guard: Guard, onError: OnError | undefined) => Operator<number, unknown>): void {
  describe("a function that throws", () => {
    const thrown = new TypeError("two is too much");

    test.each([undefined, "fail" as const])(
      "%s: fails the run, naming step, place and advice, wrapped once",
      async (onError) => {
        const { error, job } = await runStep(make, { onError, thrown });
        expect(error).toBeInstanceOf(MillraceError);
        expect(error).toMatchObject({ code: "ML2001", step: "step", position: "item 1 of the list", retryable: false });
        expect((error as Error).message).toBe(
          'ML2001 at step "step", item 1 of the list: two is too much. ' +
            'Mend the function, or give the step a policy: { onError: "skip" } or { onError: "deadLetter" }.',
        );
        expect((error as Error).cause).toBe(thrown);
        expect(job.status()).toMatchObject({ state: "failed", error: (error as Error).message });
      },
    );

    test("skip: leaves the record out and counts it", async () => {
      const { error, values, dead, status } = await runStep(make, { onError: "skip", thrown });
      expect(error).toBeUndefined();
      expect(values).toEqual([1, 3]);
      expect(dead).toEqual([]);
      expect(status).toMatchObject({ in: 3, counters: { skipped: 1 } });
    });

    test("deadLetter: keeps the record with its reason and place, and counts it", async () => {
      const { error, values, dead, status } = await runStep(make, { onError: "deadLetter", thrown });
      expect(error).toBeUndefined();
      expect(values).toEqual([1, 3]);
      expect(dead).toEqual([
        {
          step: "step",
          reason: "function threw",
          detail: "two is too much",
          partition: "list",
          place: "item 1 of the list",
          raw: undefined,
        },
      ]);
      expect(status).toMatchObject({ in: 3, counters: { "dead:function threw": 1 } });
      expect(status.counters).not.toHaveProperty("skipped");
    });

    test("an error of the engine's own class, thrown by the user's function, is the user's all the same", async () => {
      const own = new MillraceError("ML1003", { message: '"soon" is not a duration' });
      const skipped = await runStep(make, { onError: "skip", thrown: own });
      expect(skipped.error).toBeUndefined();
      expect(skipped.values).toEqual([1, 3]);
      const failed = await runStep(make, { onError: "fail", thrown: own });
      expect(failed.error).toMatchObject({ code: "ML2001", step: "step", cause: own });
    });

    test("what is thrown need not be an error", async () => {
      const { error } = await runStep(make, { onError: "fail", thrown: undefined });
      expect((error as Error).message).toContain('ML2001 at step "step", item 1 of the list: undefined. ');
    });
  });
}
