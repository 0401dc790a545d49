/** State by key over the partitions of a group, through an exchange: sums exact whatever becomes of the processes. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { sleep } from "../../src/core/clock.ts";
import { seededRandom } from "../../src/core/random.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import type { SumsSetup } from "./group-sums.ts";
import { clock, freshTopic, producerOf, readTopic, recordOf } from "./kit.ts";

const seed = Number(process.env.MILLRACE_SEED ?? 1);
const kills = 5;
const records = 30_000;
const keys = 500;

describeKafka("a pipeline with state by key", ({ brokers, client }) => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  const script = fileURLToPath(new URL("./group-sums.ts", import.meta.url));
  function start(setup: SumsSetup): ChildProcess {
    const args = ["--conditions=millrace-source", script, JSON.stringify(setup)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    children.push(child);
    return child;
  }

  /** What a process ended with: its exit code, or what killed it. */
  async function ended(child: ChildProcess): Promise<number | NodeJS.Signals> {
    if (child.exitCode !== null) return child.exitCode;
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return code ?? signal!;
  }

  test(`two members killed ${kills} times each: every sum so far once, by key in order (seed ${seed})`, async () => {
    const setup: SumsSetup = {
      brokers,
      group: freshName("group"),
      input: await freshTopic(client, 3),
      output: await freshTopic(client, 2),
    };
    const random = seededRandom(seed);
    const total = new Map<string, number>();
    const count = new Map<string, number>();
    const producer = await producerOf(client);
    const write = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const key = `k${random.below(keys)}`;
        const number = 1 + random.below(100);
        total.set(key, (total.get(key) ?? 0) + number);
        count.set(key, (count.get(key) ?? 0) + 1);
        producer.add(recordOf({ topic: setup.input, partition: i % 3 }, clock.now(), null, `${key}=${number}`));
      }
      return producer.flushed();
    };
    const rounds = 2 * kills;
    const members = [start(setup), start(setup)];
    for (let round = 0; round < rounds; round++) {
      await write((round * records) / rounds, ((round + 1) * records) / rounds);
      await sleep(clock, random.next() * 1500);
      const dying = members[round % 2]!;
      dying.kill("SIGKILL");
      expect(await ended(dying)).toBe("SIGKILL");
      members[round % 2] = start(setup);
    }
    await producer.close();
    for (const member of members) member.kill("SIGKILL");
    const last = [start({ ...setup, untilEnd: true }), start({ ...setup, untilEnd: true })];
    for (const member of last) expect(await ended(member)).toBe(0);
    // Numbers are above zero: a key's sums so far grow from record to record, and none is there twice.
    const sums = Map.groupBy(await readTopic(client, setup.output), ({ key }) => key!);
    expect(new Map([...sums].map(([key, all]) => [key, all.length]))).toEqual(count);
    const numbers = [...sums].map(([key, all]) => [key, all.map(({ value }) => Number(value!.split("=")[1]))] as const);
    for (const [, each] of numbers) expect(each).toEqual(each.toSorted((a, b) => a - b));
    expect(new Map(numbers.map(([key, each]) => [key, each.at(-1)]))).toEqual(total);
  });
});
