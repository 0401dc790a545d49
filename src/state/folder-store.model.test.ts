import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../core/random.ts";
import type { CheckpointStore, Stateful } from "../core/state.ts";
import { SimDisk } from "../testing/sim-disk.ts";
import { keyedStore } from "./keyed-store.ts";
import type { StoreKey } from "./store-key.ts";
import { collectAll } from "./test-kit/collect-all.ts";
import { microtasks, smallCheckpoints } from "./test-kit/scripted-run.ts";

type Step =
  | { readonly do: "set"; readonly key: StoreKey; readonly value: unknown }
  | { readonly do: "delete"; readonly key: StoreKey }
  | { readonly do: "commit" | "clear" | "reopen" }
  | { readonly do: "wait"; readonly turns: number }
  | { readonly do: "crash"; readonly seed: number };

const key = fc.oneof(
  fc.constantFrom<StoreKey>(
    "a",
    "b",
    "1",
    1,
    -0,
    true,
    "true",
    null,
    "null",
    1n,
    "1n",
    Number.NaN,
    "NaN",
    "",
    "\ud800",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.double(),
);
const value = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.double(),
  fc.anything({ withBigInt: true, withDate: true, withMap: true }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("set" as const), key, value }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("delete" as const), key }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("reopen" as const, "clear" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), turns: fc.nat({ max: 120 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), seed: fc.nat() }) },
);

/** A store with its folder, beside two maps: what it holds, and what the last commit held. */
class Subject {
  model = new Map<StoreKey, unknown>();
  committed = new Map<StoreKey, unknown>();
  store = keyedStore<unknown>();
  id = 0;
  compactions = 0;
  readonly warnings: string[] = [];
  disk = new SimDisk({ random: seededRandom(1) });
  checkpoints!: CheckpointStore;

  async open(): Promise<void> {
    this.store = keyedStore<unknown>();
    this.checkpoints = smallCheckpoints(this.disk, (message) => this.warnings.push(message), {
      compactBytesMin: 400,
      sliceBytesMax: 60,
      segmentsMax: 4,
    });
    const checkpoint = await this.checkpoints.open((_store, key, value) => this.store.apply(key, value));
    expect(this.warnings.filter((message) => !message.includes("ECRASHED"))).toEqual([]);
    expect(checkpoint?.id ?? 0).toBe(this.id);
    expect(new Map(this.store)).toEqual(this.committed);
    this.model = new Map(this.committed);
  }

  async run(step: Step): Promise<void> {
    if (step.do === "set") {
      this.store.set(step.key, step.value);
      this.model.set(step.key, step.value);
    } else if (step.do === "delete") {
      expect(this.store.delete(step.key)).toBe(this.model.delete(step.key));
    } else if (step.do === "clear") {
      this.store.clear();
      this.model.clear();
    } else if (step.do === "wait") await microtasks(step.turns);
    else if (step.do === "commit") await this.commit();
    else await this.end(step);
  }

  async commit(): Promise<void> {
    const stores = new Map<string, Stateful>([["s", this.store]]);
    const checkpoint = { id: ++this.id, sources: {}, sinks: {}, versions: {} };
    await this.checkpoints.commit(checkpoint, collectAll(stores), stores);
    this.compactions += Number(this.checkpoints.status!().compactions);
    this.committed = new Map(this.model);
  }

  async end(step: Step): Promise<void> {
    if (step.do === "crash") {
      this.disk.crash("random");
      this.disk = this.disk.restart({ random: seededRandom(step.seed) });
    } else await this.checkpoints.close();
    await this.open();
  }
}

test("a store with its folder is a map, whatever is set, deleted, committed, compacted, reopened or crashed", async () => {
  let compactions = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 120, size: "max" }), async (steps) => {
      const subject = new Subject();
      await subject.open();
      for (const step of steps) await subject.run(step);
      expect(subject.store.size).toBe(subject.model.size);
      await subject.commit();
      await subject.end({ do: "crash", seed: 1 });
      compactions += subject.compactions;
    }),
    { numRuns: 150 },
  );
  expect(compactions).toBeGreaterThan(20);
});
