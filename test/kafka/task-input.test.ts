/** What a task's input and output can do to it: bad records, records too large, topics that go, come back, grow or forget. */

import { expect, test } from "vitest";
import { mayRestart } from "../../src/connectors/kafka/task-failure.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { clock, freshTopic, producerOf, readTopic, recordOf } from "./kit.ts";
import { changelogOf, committedOf, countsOf, startTask, type TaskSetup, valuesIn } from "./task-kit.ts";

describeKafka("a task whose input", ({ brokers, client }) => {
  async function fresh(texts: readonly (string | null)[] = []): Promise<TaskSetup> {
    const setup = {
      brokers,
      group: freshName("group"),
      input: await freshTopic(client),
      output: await freshTopic(client),
    };
    await write(setup.input, texts);
    return setup;
  }

  async function write(topic: string, texts: readonly (string | null)[]): Promise<void> {
    const producer = await producerOf(client);
    for (const text of texts) producer.add(recordOf({ topic, partition: 0 }, 1, "key", text));
    await producer.flushed();
    await producer.close();
  }

  const run = async (setup: TaskSetup) => (await startTask(setup)).ended;
  const failure = (setup: TaskSetup) =>
    run(setup).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

  test("has a poisoned record fails at its place, for good; once it is put aside, the output is exact", async () => {
    const setup = await fresh(["a", "b", "a", "bad one", "a"]);
    for (let run = 0; run < 2; run++) {
      const thrown = await failure({ ...setup, end: 5, onMalformed: "fail" });
      expect(String(thrown)).toMatch(`ML2002 at step "text", partition ${setup.input}-0, offset 3`);
      expect(mayRestart(thrown)).toBe(false);
    }
    const deadLetters = await freshTopic(client);
    await run({ ...setup, end: 5, deadLetters });
    expect(await valuesIn(client, setup.output)).toEqual(countsOf(["a", "b", "a", "a"]));
    const letters = await readTopic(client, deadLetters);
    expect(letters).toMatchObject([{ key: "bad text", value: "bad one" }]);
  });

  test("has a null value puts that aside, in the same transactions as all else", async () => {
    const setup = { ...(await fresh(["a", null, "a"])), deadLetters: await freshTopic(client) };
    await run({ ...setup, end: 3 });
    expect(await valuesIn(client, setup.output)).toEqual(["a=1", "a=2"]);
    expect(await readTopic(client, setup.deadLetters)).toMatchObject([{ key: "null value", value: "" }]);
    expect(await committedOf(client, setup.group, setup.input)).toEqual({ offset: 3, metadata: "ended" });
  });

  test("makes a record larger than the output takes fails at that record, for good, and commits nothing of it", async () => {
    const setup = await fresh(["a", "huge20000"]);
    const output = await freshTopic(client, 1, { "max.message.bytes": "4000" });
    const thrown = await failure({ ...setup, output, end: 2 });
    expect(String(thrown)).toMatch(/ML4003 at step "out".*offset 1.*max\.message\.bytes/s);
    expect(mayRestart(thrown)).toBe(false);
    expect((await valuesIn(client, output)).slice(1)).toEqual([]);
  });

  test("is at its end already commits that end, whatever lies before it", async () => {
    const setup = await fresh();
    await run({ ...setup, end: 0 });
    expect(await committedOf(client, setup.group, setup.input)).toEqual({ offset: 0, metadata: "ended" });
    await write(setup.input, ["a"]);
    await run({ ...setup, end: 1 });
    await run({ ...setup, end: 1 });
    expect(await valuesIn(client, setup.output)).toEqual(["a=1"]);
  });

  test("is deleted under it fails for good; made again under the same name, the state is refused", async () => {
    const setup = await fresh(["a", "b"]);
    await run({ ...setup, end: 2 });
    await write(setup.input, ["a"]);
    const seen = Promise.withResolvers<void>();
    const live = await startTask({ ...setup, onRecord: () => seen.resolve() });
    await seen.promise;
    await client.deleteTopics([setup.input], 10_000);
    const thrown = await live.ended.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(thrown)).toMatch(/ML3001.*UNKNOWN_TOPIC_OR_PARTITION/s);
    expect(mayRestart(thrown)).toBe(false);
    await recreate(setup.input);
    await write(setup.input, ["x", "y", "z", "a"]);
    expect(String(await failure({ ...setup, end: 4 }))).toMatch(/ML3002.*was deleted and made again/);
  });

  async function recreate(name: string): Promise<void> {
    const made = () => client.createTopics([{ name, partitions: 1, replicas: -1, settings: {} }], 10_000);
    while (
      !(await made().then(
        () => true,
        () => false,
      ))
    )
      await clock.turn();
    while (!(await client.topics([name])).has(name)) await clock.turn();
  }

  test("has lost what comes next is refused, and says what to do; with `lost: skip` it goes on behind the gap", async () => {
    const setup = await fresh(["a", "b", "c"]);
    await run({ ...setup, end: 3 });
    await write(setup.input, ["lost", "lost", "a", "b"]);
    await client.deleteRecords([{ topic: setup.input, partition: 0, offset: 5 }], 10_000);
    expect(String(await failure({ ...setup, end: 7 }))).toMatch(/ML3002.*offset 3.*has 5 to 7.*lost: "skip"/);
    await run({ ...setup, end: 7, lost: "skip" });
    expect(await valuesIn(client, setup.output)).toEqual(countsOf(["a", "b", "c", "a", "b"]));
  });

  test("no longer has the group's offset goes on at what the changelog says", async () => {
    const setup = await fresh(["a", "b"]);
    await run({ ...setup, end: 2 });
    await write(setup.input, ["a"]);
    await forget(setup);
    await run({ ...setup, end: 3 });
    expect(await valuesIn(client, setup.output)).toEqual(["a=1", "b=1", "a=2"]);
  });

  test("has an offset but no state any more is refused, and says what to do", async () => {
    const setup = await fresh(["a", "b"]);
    await run({ ...setup, end: 2 });
    await client.deleteTopics([changelogOf(setup)], 10_000);
    while ((await client.topics([changelogOf(setup)])).has(changelogOf(setup))) await clock.turn();
    expect(String(await failure({ ...setup, end: 2 }))).toMatch(
      /ML5002.*offset 2.*holds no checkpoint.*--delete-offsets/,
    );
  });

  test("was set back by somebody's tool goes there, and says that the state is of another place", async () => {
    const setup = await fresh(["a", "b"]);
    await run({ ...setup, end: 2 });
    const outsider = { groupId: setup.group, memberId: "", generation: -1, instanceId: undefined };
    const node = await client.coordinator("group", setup.group);
    await client.commit(node, outsider, [{ topic: setup.input, partition: 0, offset: 1 }]);
    const told: string[] = [];
    await run({ ...setup, end: 2, warn: (message) => told.push(message) });
    expect(await valuesIn(client, setup.output)).toEqual(["a=1", "b=1", "b=2"]);
    expect(told.join()).toMatch(/goes on at offset 1.*its state is of offset 2/);
  });

  /** As the broker does with offsets that nobody has used for long. */
  async function forget({ group, input }: TaskSetup): Promise<void> {
    const { runConsoleTool } = await import("../../tools/kafka/console-tools.ts");
    const args = ["--delete-offsets", "--group", group, "--topic", input];
    expect((await runConsoleTool("groups", brokers, args, "capture")).code).toBe(0);
    expect(await committedOf(client, group, input)).toBeUndefined();
  }
});
