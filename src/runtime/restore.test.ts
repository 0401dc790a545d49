import { describe, expect, test } from "vitest";
import type { Operator } from "../core/operator.ts";
import { keyedStore } from "../state/keyed-store.ts";
import { type Stream, stream } from "../stream/stream.ts";
import { drive, listSource, memoryCheckpoints, memorySink } from "../testing/index.ts";
import { notingSource } from "./parts-fixture.ts";

/** Emits how many records it has seen, over all runs. */
function counting(options: { version?: string; store?: string } = {}): Operator<number, number> {
  return {
    kind: "counting",
    stateVersion: options.version ?? "1",
    open: (context) => {
      const seen = context.state(options.store ?? "seen", keyedStore<number>());
      return {
        record: () => {
          seen.set("n", (seen.get("n") ?? 0) + 1);
          context.emit(seen.get("n")!);
        },
      };
    },
  };
}

type Build = (numbers: Stream<number>) => Stream<number>;

const first: Build = (numbers) => numbers.via("count", counting());

/** Runs one plan, then another on what the first has kept; gives what the second put out. */
async function thenRun(second: Build, options: { source?: string; sink?: string } = {}) {
  const checkpoints = memoryCheckpoints();
  await drive(first(stream("in", listSource([1, 2]))).to("out", memorySink({ delivery: "at-least-once" })), {
    checkpoints,
  });
  const sink = memorySink<number>({ delivery: "at-least-once" });
  const pipeline = second(stream(options.source ?? "in", listSource([1, 2, 3]))).to(options.sink ?? "out", sink);
  await drive(pipeline, { checkpoints });
  return sink.values;
}

test("a run goes on with the state and the positions of the one before", async () => {
  expect(await thenRun(first)).toEqual([3]);
});

test("a step that the state does not know starts empty; one without state may come and go", async () => {
  const more: Build = (numbers) => first(numbers.map("same", (n) => n)).via("again", counting());
  expect(await thenRun(more)).toEqual([1]);
});

describe("ML5003", () => {
  test.each<[string, Build, string]>([
    [
      "a step that is gone",
      (numbers) => numbers,
      'ML5003 at step "count": the state was written by a pipeline with a step "count" that keeps state. ' +
        "Run the version of the pipeline that wrote it, give the changed step a new id, or start afresh: with an empty state directory, or, on Kafka, another group.",
    ],
    [
      "a step that keeps none any more",
      (numbers) => numbers.map("count", (n) => n),
      'ML5003 at step "count": the state was written by a pipeline with a step "count" that keeps state. ',
    ],
    [
      "another version",
      (numbers) => numbers.via("count", counting({ version: "2" })),
      'ML5003 at step "count": its state has layout "1", the step now reads "2". ',
    ],
    [
      "a state of another name",
      (numbers) => numbers.via("count", counting({ store: "others" })),
      'ML5003 at step "count": the state holds "count/seen", which no step of the pipeline keeps. ',
    ],
    [
      "state that the step cannot read",
      (numbers) =>
        numbers.via("count", {
          kind: "counting",
          stateVersion: "1",
          open: (context) => {
            context.state("seen", {
              collect: () => {},
              entries: () => [],
              apply: () => {
                throw new RangeError("what is this");
              },
            });
            return { record: () => {} };
          },
        }),
      'ML5003 at step "count": the stored "count/seen" cannot be read: what is this. ',
    ],
  ])("%s", async (_, second, message) => {
    await expect(thenRun(second)).rejects.toThrow(message);
  });

  test("a source or a sink that is gone", async () => {
    const gone = (id: string) =>
      `ML5003 at step "${id}": the state was written by a pipeline with a source or sink "${id}". `;
    await expect(thenRun(first, { source: "other" })).rejects.toThrow(gone("in"));
    await expect(thenRun(first, { sink: "other" })).rejects.toThrow(gone("out"));
  });

  test("is found before anything is opened or changed", async () => {
    const checkpoints = memoryCheckpoints();
    await drive(first(stream("in", listSource([1]))).to("out", memorySink()), { checkpoints });
    const before = structuredClone(checkpoints.checkpoint);
    const log: string[] = [];
    const sink = { traits: { name: "x", delivery: "at-least-once" as const }, open: () => expect.fail("opened") };
    const other = stream("in", notingSource("in", listSource([1]), log)).to("out", sink);
    await expect(drive(other, { checkpoints })).rejects.toMatchObject({ code: "ML5003", retryable: false });
    expect(log).toEqual([]);
    expect(checkpoints.checkpoint).toEqual(before);
  });
});

test("stores hear that they are restored once, in a first run too, those of later steps first", async () => {
  const log: string[] = [];
  const hearing = (name: string): Operator<number, number> => ({
    kind: "hearing",
    stateVersion: "1",
    open: (context) => {
      context.state("heard", {
        collect: () => {},
        entries: () => [],
        apply: () => {},
        restored: () => {
          log.push(`${name} restored`);
          context.watermark(5);
        },
      });
      return { record: (n) => context.emit(n), watermark: (time) => void log.push(`${name} at ${time}`) };
    },
  });
  const checkpoints = memoryCheckpoints();
  const numbers = stream("in", listSource([1]))
    .via("a", hearing("a"))
    .via("b", hearing("b"));
  for (let run = 0; run < 2; run++) {
    log.length = 0;
    await drive(numbers.to("out", memorySink({ delivery: "at-least-once" })), { checkpoints });
    expect(log).toEqual(["b restored", "a restored", "b at 5"]);
  }
});

test("what is thrown when a store hears that it is restored names the step", async () => {
  const operator: Operator<number, number> = {
    kind: "bad",
    open: (context) => {
      const restored = () => {
        throw new Error("cannot go on from this");
      };
      context.state("bad", { collect: () => {}, entries: () => [], apply: () => {}, restored });
      return { record: () => {} };
    },
  };
  const run = drive(
    stream("in", listSource([1]))
      .via("step", operator)
      .to("out", memorySink()),
  );
  await expect(run).rejects.toThrow('ML2003 at step "step": cannot go on from this. ');
});
