/** Checkpoints in a changelog topic on a real broker: what is committed comes back, large or many, and nothing else does. */

import { afterEach, expect, test } from "vitest";
import { ChangelogKeyWriter } from "../../src/connectors/kafka/task/changelog-key.ts";
import { ensureChangelog } from "../../src/connectors/kafka/task/ensure-topics.ts";
import { KafkaCheckpoints, type KafkaCheckpointsOptions } from "../../src/connectors/kafka/task/kafka-checkpoints.ts";
import { openTaskOutput } from "../../src/connectors/kafka/task/open-task-output.ts";
import type { RestoreProgress } from "../../src/connectors/kafka/task/restore-changelog.ts";
import type { TaskGuarantee, TaskOutput } from "../../src/connectors/kafka/task/task-output.ts";
import { seededRandom } from "../../src/core/random.ts";
import type { Checkpoint } from "../../src/core/state.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { clock, freshTopic, produce, random, recordOf } from "./kit.ts";

const store = "count/counts";

describeKafka("checkpoints on Kafka", ({ client }) => {
  const outputs: TaskOutput[] = [];
  afterEach(async () => {
    for (const output of outputs.splice(0)) await output.close();
  });

  interface Setup {
    readonly group: string;
    readonly input: string;
    readonly changelog: string | undefined;
    readonly guarantee: TaskGuarantee;
  }

  async function fresh(options: Partial<Setup> = {}): Promise<Setup> {
    const group = freshName("group");
    const input = await freshTopic(client);
    const changelog = `${group}-changelog`;
    await ensureChangelog({ client, clock, random }, { topic: changelog, partitions: 1 });
    return { group, input, changelog, guarantee: "exactly-once", ...options };
  }

  async function connect(setup: Setup, options: Partial<KafkaCheckpointsOptions> = {}) {
    const { group, guarantee, changelog } = setup;
    const onTrouble = () => {};
    const base = { client, clock, random, group, onTrouble };
    const output = await openTaskOutput({ ...base, guarantee, transactionalId: group });
    outputs.push(output);
    const input = { topic: setup.input, partition: 0 };
    return new KafkaCheckpoints({ ...base, output, input, sourceId: "in", changelog, warn: () => {}, ...options });
  }

  /** Opens the checkpoints anew, as the next owner does. */
  async function reopened(setup: Setup, options: Partial<KafkaCheckpointsOptions> = {}) {
    const state = new Map<string, Buffer>();
    const checkpoints = await connect(setup, options);
    const found = await checkpoints.open((name, entry, value) => {
      expect(name).toBe(store);
      if (value === undefined) state.delete(entry);
      else state.set(entry, Buffer.from(value));
    });
    return { checkpoints, state, found };
  }

  const checkpointOf = ({ input }: Setup, id: number): Checkpoint => ({
    id,
    sources: { in: { [`${input}-0`]: 10 * id } },
    sinks: { out: null },
    versions: { count: "1" },
  });

  async function commit(
    checkpoints: KafkaCheckpoints,
    checkpoint: Checkpoint,
    changes: Iterable<readonly [string, Uint8Array | undefined]>,
  ): Promise<void> {
    checkpoints.cut();
    await checkpoints.commit(checkpoint, [{ store, changes }]);
  }

  /** Bytes that no compression makes smaller. */
  function noise(length: number): Buffer {
    const chance = seededRandom(length);
    return Buffer.from(Uint8Array.from({ length }, () => chance.below(256)));
  }

  test.each(["exactly-once", "at-least-once"] as const)(
    "%s: values larger than a record come back whole, also when they grow, shrink and go",
    async (guarantee) => {
      const setup = await fresh({ guarantee });
      const expected = new Map<string, Buffer>();
      const steps: (readonly [string, Buffer | undefined])[][] = [
        [
          ["big", noise(3_000_000)],
          ["small", noise(10)],
          ["\ud800", noise(300_000)],
          ["", Buffer.alloc(0)],
        ],
        [
          ["big", noise(700_000)],
          ["small", noise(1_200_000)],
        ],
        [
          ["big", noise(3)],
          ["small", undefined],
          ["\ud800", noise(300_001)],
        ],
        [
          ["big", noise(2_000_000)],
          ["\ud800", undefined],
        ],
      ];
      for (const [at, changes] of steps.entries()) {
        const { checkpoints, state, found } = await reopened(setup);
        expect(state).toEqual(expected);
        expect(found?.id).toBe(at === 0 ? undefined : at);
        await commit(checkpoints, checkpointOf(setup, at + 1), changes);
        for (const [entry, value] of changes) {
          if (value === undefined) expected.delete(entry);
          else expected.set(entry, value);
        }
      }
      const { state, found } = await reopened(setup);
      expect(state).toEqual(expected);
      expect(found).toEqual(checkpointOf(setup, 4));
    },
  );

  test("a hundred thousand entries come back, and how far that is is told", async () => {
    const setup = await fresh();
    const { checkpoints } = await reopened(setup);
    const count = 100_000;
    const changes = Array.from({ length: count }, (_, n) => [`key ${n}`, Buffer.from(`value ${n}`)] as const);
    await commit(checkpoints, checkpointOf(setup, 1), changes);
    const told: RestoreProgress[] = [];
    const again = await reopened(setup, { onProgress: (progress) => told.push(progress) });
    expect(again.state.size).toBe(count);
    expect(again.state.get("key 99999")?.toString()).toBe("value 99999");
    expect(told.at(-1)).toMatchObject({ share: 1, isDone: true, records: count + 1 });
    expect(told.filter(({ isDone }) => isDone)).toHaveLength(1);
    const { restoreMs, restoredRecordsPerSecond } = again.checkpoints.status() as Record<string, number>;
    console.log(`100,000 entries in ${restoreMs} ms: ${restoredRecordsPerSecond} a second`);
  });

  test("what was aborted exactly-once is not there for a task that goes on at-least-once", async () => {
    const setup = await fresh();
    const { checkpoints } = await reopened(setup);
    await commit(checkpoints, checkpointOf(setup, 1), [["a", Buffer.from("kept")]]);
    const output = outputs.at(-1)!;
    output.cut();
    output.addToCut(
      recordOf(
        { topic: setup.changelog!, partition: 0 },
        1,
        new ChangelogKeyWriter().write(store, "a", undefined),
        "aborted",
      ),
    );
    output.flush();
    await output.drainCut();
    const place = { topic: setup.changelog!, partition: 0 };
    while ((await client.offsets([place], "latest", false)).get(`${setup.changelog}-0`)! < 4) await clock.turn();
    await output.close();
    const { state } = await reopened({ ...setup, guarantee: "at-least-once" });
    expect(state).toEqual(new Map([["a", Buffer.from("kept")]]));
  });

  test("a restore that is not wanted any more is given up", async () => {
    const setup = await fresh();
    const { checkpoints } = await reopened(setup);
    const changes = Array.from({ length: 20_000 }, (_, n) => [`key ${n}`, noise(100)] as const);
    await commit(checkpoints, checkpointOf(setup, 1), changes);
    const control = new AbortController();
    const store = await connect(setup, { signal: control.signal });
    let seen = 0;
    const opening = store.open(() => {
      if (++seen === 100) control.abort();
    });
    await expect(opening).rejects.toThrow("given up");
  });

  test("a stage without state keeps its position alone, and refuses changes", async () => {
    const setup = await fresh({ changelog: undefined });
    const { checkpoints, found } = await reopened(setup);
    expect(found).toBeUndefined();
    await commit(checkpoints, checkpointOf(setup, 1), []);
    const again = await reopened(setup);
    expect(again.found).toMatchObject({ sources: checkpointOf(setup, 1).sources, sinks: {}, versions: {} });
    const refused = commit(again.checkpoints, checkpointOf(setup, 2), [["a", Buffer.from("b")]]);
    await expect(refused).rejects.toThrow(/ML1001.*has no changelog/);
  });

  test("a topic with records of somebody else is no changelog, and is refused", async () => {
    const setup = await fresh();
    await produce(client, setup.changelog!, 3);
    await expect(reopened(setup)).rejects.toThrow(/ML5002.*is no changelog.*did not write/);
  });
});
