/** `millrace load` against a real broker: every line becomes a record, where it belongs, and the program says what it did. */

import { mkdirSync, watch } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { partitionOfKey } from "../../src/connectors/kafka/partitioner.ts";
import { ended, runCli, startCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { freePort } from "../../tools/kafka/free-port.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { freshTopic, readTopic, type SeenRecord } from "./kit.ts";

const oddLines = ["", "not JSON", " \u0000 ", "a\rb", '{"uid":7}', "última ✓", '{"uid":', "x".repeat(300_000)];
const lines = Array.from({ length: 20_000 }, (_, n) => oddLines[n] ?? `{"n":${n},"uid":"user ${n % 500}"}`);
const text = `${lines.join("\n")}\n`;

describeKafka("millrace load", ({ brokers, client }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-load-"));
    await writeFile(join(folder, "lines"), text);
    await writeFile(join(folder, "lines.gz"), gzipSync(text));
    await writeFile(join(folder, "lines.zst"), zstdCompressSync(text));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const file = (name: string) => ["--from", join(folder, name)];
  const load = (topic: string, args: readonly string[], input?: string) =>
    runCli(["load", "--to", `kafka://${brokers}/${topic}`, "--progress", "off", ...args], input);
  const valuesOf = (records: readonly SeenRecord[]) => records.map(({ value }) => value!);

  test.each([
    ["a file", () => file("lines"), undefined],
    ["gzip", () => file("lines.gz"), undefined],
    ["zstd", () => file("lines.zst"), undefined],
    ["stdin", () => ["--from", "-"], text],
    ["stdin when nothing is named", () => [], text],
  ])("from %s: one partition has every line, in order", async (_, from, input) => {
    const topic = freshName("load");
    const { code, stderr } = await load(topic, [...from(), "--partitions", "1"], input);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`topic ${topic} has 1 partition: it was made just now`);
    expect(stderr).toContain("loaded    20,000 records");
    const records = await readTopic(client, topic);
    expect(valuesOf(records)).toEqual(lines);
    expect(new Set(records.map(({ key }) => key))).toEqual(new Set([null]));
  });

  test("over several partitions: each has a fair share, in the order of the file, and together all", async () => {
    const topic = freshName("spread");
    const { code, stderr } = await load(topic, [
      ...file("lines"),
      "--partitions",
      "3",
      "--log",
      "silent",
      "--summary",
      "json",
    ]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stderr)).toMatchObject({ records: lines.length, refused: 0, bytes: Buffer.byteLength(text) });
    const byPartition = [...Map.groupBy(await readTopic(client, topic), ({ partition }) => partition).values()];
    expect(byPartition).toHaveLength(3);
    const places = new Map(lines.map((line, n) => [line, n]));
    for (const records of byPartition) {
      const order = records.map(({ value }) => places.get(value!)!);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
    expect(byPartition.flatMap(valuesOf).sort()).toEqual(lines.toSorted());
  });

  test("with --key-field a user's frames are in one partition, where Java's clients look for them", async () => {
    const topic = freshName("keyed");
    const { code, stderr } = await load(topic, [...file("lines"), "--partitions", "4", "--key-field", "uid"]);
    expect(code, stderr).toBe(0);
    const records = await readTopic(client, topic);
    expect(valuesOf(records).sort()).toEqual(lines.toSorted());
    for (const { key, value, partition } of records) {
      expect(key).toBe(/"uid":"?([^"}]+)/.exec(value!)?.[1] ?? null);
      if (key !== null) expect(partition).toBe(partitionOfKey(Buffer.from(key), 4));
    }
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(4);
  });

  test("a topic that has another number of partitions is filled as it is, and the difference told", async () => {
    const topic = await freshTopic(client, 2);
    const { code, stderr } = await load(topic, [...file("lines"), "--partitions", "5"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`topic ${topic} has 2 partitions, and was there already: --partitions 5 changes nothing`);
    expect(valuesOf(await readTopic(client, topic)).sort()).toEqual(lines.toSorted());
  });

  test("with --state what was loaded is not loaded again", async () => {
    const topic = freshName("again");
    const args = [...file("lines"), "--state", join(folder, "state")];
    for (let run = 0; run < 2; run++) expect(await load(topic, args)).toMatchObject({ code: 0 });
    expect(valuesOf(await readTopic(client, topic))).toEqual(lines);
  });

  test("killed with -9 and started again, a load leaves no line out; it only writes the last ones again", async () => {
    const topic = freshName("killed");
    const state = join(folder, "killed-state");
    mkdirSync(state);
    const args = [...file("lines"), "--state", state, "--checkpoint", "10ms", "--partitions", "1"];
    const places = new Map(lines.map((line, n) => [line, n]));
    let kills = 0;
    for (const killedAt of [4, 9, Number.POSITIVE_INFINITY]) {
      const child = startCli(["load", "--to", `kafka://${brokers}/${topic}`, "--progress", "off", ...args]);
      let changes = 0;
      const watcher = watch(state, () => {
        changes += 1;
        if (changes >= killedAt) child.kill("SIGKILL");
      });
      const { code, signal, stderr } = await ended(child);
      watcher.close();
      if (signal === "SIGKILL") kills += 1;
      else expect(code, stderr).toBe(0);
    }
    expect(kills).toBeGreaterThan(0);
    const values = valuesOf(await readTopic(client, topic));
    expect([...new Set(values)]).toEqual(lines);
    // Each run goes on at most where the one before had come to.
    const jumps = values.filter((value, n) => n > 0 && places.get(value)! > places.get(values[n - 1]!)! + 1);
    expect(jumps).toEqual([]);
  });

  test("a line that the topic does not take ends the load at that line, and says what to do", async () => {
    const topic = await freshTopic(client, 1, { "max.message.bytes": "100000" });
    const { code, stderr } = await load(topic, [...file("lines"), "--compression", "none"]);
    expect(code).toBe(1);
    expect(stderr).toContain("(max.message.bytes): let it take more (kafka-configs");
    expect(stderr).toContain('"code":"ML4003","step":"topic"');
    expect(stderr).not.toContain("please report it");
  });

  test("--explain says what would be done and makes no topic", async () => {
    const topic = freshName("explained");
    const { code, stdout } = await load(topic, [...file("lines"), "--explain"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`kafka ${topic}`);
    expect((await client.topics([topic])).has(topic)).toBe(false);
  });

  test("a cluster that is not there is waited for, which is told, and who is tired of it ends the wait well", async () => {
    const to = `kafka://127.0.0.1:${await freePort()}/frames`;
    const child = startCli(["load", ...file("lines"), "--to", to]);
    child.stderr!.on("data", (text: Buffer) => {
      if (text.includes("waiting for Kafka: NETWORK")) child.kill("SIGTERM");
    });
    expect(await ended(child)).toMatchObject({ code: 0, signal: null });
  });

  test.each([
    [["--to", "frames.jsonl"], '"frames.jsonl" is not the address of a topic'],
    [[], "--to: missing"],
    [["--to", "kafka://a:1/f", "--from", "-", "--from", "b"], "--from: stdin cannot be one of several"],
    [["--to", "kafka://a:1/f", "--from", "-", "--state", "s"], "--state: stdin cannot be read again"],
  ])("millrace load %j is refused with exit code 2", async (args, why) => {
    const { code, stderr } = await runCli(["load", ...args], "");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) });
  });
});
