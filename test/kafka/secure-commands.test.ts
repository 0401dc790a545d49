/** The commands over SASL and TLS to a real broker, as processes: `--kafka-config` is all they need, and its secrets stay in it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { runCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { describeWithBroker, freshName } from "./broker.ts";
import { makeFrames } from "./group-frames.ts";
import { clientOf, readTopic } from "./kit.ts";
import { type SecureBroker, startSecureBroker, user } from "./secure-broker.ts";

const quiet = ["--progress", "off", "--log", "error", "--summary", "none"];

describeWithBroker("commands on a cluster that is guarded", () => {
  let folder: string;
  let secure: SecureBroker;
  /** By the listener for everybody. */
  let client: KafkaClient;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-kafka-secure-commands-"));
    secure = await startSecureBroker(folder);
    client = clientOf(secure.broker.brokers);
    // One frame that no count takes, for a dead letter.
    const frames = [...(await makeFrames({ count: 20_000, seed: 3 })), Buffer.from("no frame")];
    writeFileSync(join(folder, "frames.jsonl"), frames.map((frame) => `${frame}\n`).join(""));
    configured("kafka.json", user);
    configured("wrong.json", { ...user, password: "another secret" });
    writeFileSync(join(folder, "malformed.json"), `{"sasl": {"password": ${user.password}}}`);
  });
  afterAll(async () => {
    await client?.close();
    await secure?.broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The certificate is beside the file, and not where the process runs. */
  function configured(name: string, { username, password }: typeof user): void {
    const config = { sasl: { mechanism: "SCRAM-SHA-512", username, password }, tls: { ca: "broker.pem" } };
    writeFileSync(join(folder, name), JSON.stringify(config));
  }

  const file = (name: string) => join(folder, name);
  const at = (topic: string) => `kafka://${secure.broker.listeners.SASL_TLS!}/${topic}`;
  const configOf = (name: string) => ["--kafka-config", file(name)];
  const valuesOf = async (topic: string) => (await readTopic(client, topic)).map(({ value }) => value!).sort();
  const linesOf = (text: string) => text.split("\n").slice(0, -1).sort();

  test.each([
    ["a group, with late frames", 1, ["--lag", "5s"], () => []],
    // A group writes as its source reads; alone, each topic is reached by itself.
    ["one process on its own, with late frames", 1, ["--lag", "5s"], () => ["--state", file("state")]],
    // Its records cross a topic of the group; how they are spread over partitions must not make any late.
    ["two threads, with an exchange", 2, ["--lag", "1h"], () => ["--workers", "2"]],
  ])("load, and unique-users of %s, come to what files come to", async (_, partitions, lag, place) => {
    const [input, output, late, dead] = [freshName("in"), freshName("out"), freshName("late"), freshName("dead")];
    const config = configOf("kafka.json");
    const loading = ["load", "--from", file("frames.jsonl"), "--to", at(input), "--partitions", String(partitions)];
    expect(await runCli([...loading, ...config, ...quiet])).toMatchObject({ code: 0, stderr: "" });

    const counting = ["unique-users", "--window", "1m,1h", ...lag, ...quiet];
    const ofFiles = ["--in", file("frames.jsonl"), "--late-out", file(late), "--dead-letters", file(dead)];
    const { code, stdout } = await runCli([...counting, ...ofFiles]);
    expect(code).toBe(0);

    const ofTopics = ["--in", at(input), "--out", at(output), "--late-out", at(late), "--dead-letters", at(dead)];
    const reading = ["--group", freshName("group"), "--until-end", ...place()];
    const onTopics = await runCli([...counting, ...ofTopics, ...reading, ...config]);
    expect(onTopics).toMatchObject({ code: 0, stderr: "" });
    expect(linesOf(stdout).length).toBeGreaterThan(3);
    expect(await valuesOf(output)).toEqual(linesOf(stdout));
    expect(await valuesOf(late)).toEqual(linesOf(readFileSync(file(late), "utf8")));
    expect((await valuesOf(late)).length > 0).toBe(partitions === 1);
    expect(await valuesOf(dead)).toEqual(["no frame"]);
  });

  const commands = () => [
    ["load", "--from", file("frames.jsonl"), "--to", at("loaded")],
    ["unique-users", "--in", at("frames"), "--out", at("counts")],
    ["unique-users", "--in", at("frames"), "--workers", "2"],
  ];

  test("a wrong password is told at once, with what to do, and is not in what is told", async () => {
    for (const args of commands()) {
      const { code, stdout, stderr } = await runCli([...args, ...configOf("wrong.json"), ...quiet]);
      expect(code, stderr).toBe(1);
      expect(stderr).toContain("check the mechanism, username and password in sasl");
      expect(stdout + stderr).not.toContain("secret");
    }
  });

  test("a file that cannot be read or understood is refused before anything is done, and not cited", async () => {
    for (const args of commands()) {
      for (const [config, why] of [
        ["none.json", "the file cannot be read (ENOENT)"],
        ["malformed.json", "the file is not JSON"],
      ] as const) {
        const { code, stdout, stderr } = await runCli([...args, ...configOf(config), ...quiet]);
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
        expect(stderr).toContain(`ML1002: --kafka-config: ${why}`);
        expect(stderr).not.toContain("secret");
      }
    }
  });

  test("--explain shows nothing of it; where there is no topic it is refused", async () => {
    const [, , counting] = commands();
    const explained = await runCli([...counting!, "--explain", ...configOf("kafka.json")]);
    expect(explained.code, explained.stderr).toBe(0);
    expect(explained.stdout + explained.stderr).not.toMatch(/alice|secret/);
    const ofFiles = await runCli(["unique-users", "--in", file("frames.jsonl"), ...configOf("kafka.json")]);
    expect(ofFiles).toMatchObject({ code: 2, stdout: "" });
    expect(ofFiles.stderr).toContain("ML1002: --kafka-config is for Kafka");
  });
});
