/** A task on a real broker: outputs, state and offsets of an interval are there together, or not at all. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { freshTopic, producerOf, recordOf } from "./kit.ts";
import { committedOf, countsOf, startTask, stateOf, type TaskSetup, valuesIn } from "./task-kit.ts";

const kills = 10;
const chance = seededRandom(Number(process.env.MILLRACE_SEED ?? 1));

describeKafka("a task", ({ brokers, client }) => {
  async function fresh(texts: readonly string[] = []): Promise<TaskSetup> {
    const setup = {
      brokers,
      group: freshName("group"),
      input: await freshTopic(client),
      output: await freshTopic(client),
    };
    await write(setup.input, texts);
    return setup;
  }

  async function write(topic: string, texts: readonly string[]): Promise<void> {
    const producer = await producerOf(client);
    for (const text of texts) producer.add(recordOf({ topic, partition: 0 }, 1, null, text));
    await producer.flushed();
    await producer.close();
  }

  const some = (count: number) => Array.from({ length: count }, (_, i) => `k${i % 7}`);

  test("counts to the end, commits the end and that it has ended; the next run goes on with the state", async () => {
    const setup = await fresh(some(1000));
    await (await startTask({ ...setup, end: 1000 })).ended;
    expect(await valuesIn(client, setup.output)).toEqual(countsOf(some(1000)));
    expect(await committedOf(client, setup.group, setup.input)).toEqual({ offset: 1000, metadata: "ended" });
    await write(setup.input, some(14));
    await (await startTask({ ...setup, end: 1014 })).ended;
    expect(await valuesIn(client, setup.output)).toEqual(countsOf([...some(1000), ...some(14)]));
    expect(await committedOf(client, setup.group, setup.input)).toEqual({ offset: 1014, metadata: "ended" });
  });

  test(`killed ${kills} times with -9 at random moments: outputs, state and offsets are an undisturbed run's`, async () => {
    const texts = some(20_000);
    const [killed, calm] = [await fresh(texts), await fresh(texts)];
    const end = texts.length;
    await (await startTask({ ...calm, end })).ended;
    for (let kill = 0; kill < kills; ) {
      const dots = 1 + chance.below(60);
      if (await killedAt({ ...killed, end }, dots)) kill++;
      else throw new Error("a run came to its end before it was killed: give it more to do");
    }
    await (await startTask({ ...killed, end })).ended;
    for (const setup of [killed, calm]) {
      expect(await valuesIn(client, setup.output)).toEqual(countsOf(texts));
      expect(await committedOf(client, setup.group, setup.input)).toEqual({ offset: end, metadata: "ended" });
    }
    const [state, expected] = [await stateOf(client, killed), await stateOf(client, calm)];
    expect(state).toEqual(expected);
    expect(state.size).toBe(7);
  });

  test("at-least-once, killed at random moments: nothing is missing, and the end is committed", async () => {
    const texts = some(5000);
    const setup = { ...(await fresh(texts)), guarantee: "at-least-once", end: texts.length } as const;
    for (let kill = 0; kill < 3; kill++) expect(await killedAt(setup, 1 + chance.below(40))).toBe(true);
    await (await startTask(setup)).ended;
    const seen = new Set(await valuesIn(client, setup.output));
    // Counts are those of an undisturbed run, or higher by what was counted again.
    for (const text of new Set(texts)) expect(seen.has(`${text}=1`)).toBe(true);
    const last = (await valuesIn(client, setup.output)).slice(-7).map((value) => Number(value?.split("=")[1]));
    for (const count of last) expect(count).toBeGreaterThanOrEqual(Math.floor(texts.length / 7));
    expect(await committedOf(client, setup.group, setup.input)).toEqual({ offset: texts.length, metadata: "ended" });
  });

  /** Starts the task as a process and kills it when it has written that many dots; false when it ended before. */
  async function killedAt(setup: TaskSetup, dots: number): Promise<boolean> {
    const script = fileURLToPath(new URL("./task-process.ts", import.meta.url));
    const child = spawn(process.execPath, [script, JSON.stringify(setup)], { stdio: ["ignore", "pipe", "inherit"] });
    let seen = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.length;
      if (seen >= dots) child.kill("SIGKILL");
    });
    const [, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return signal === "SIGKILL";
  }
});
