/** Over SASL and TLS to a real broker: everything works, and who is turned away is told why and what to do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { sleep } from "../../src/core/clock.ts";
import { describeWithBroker, freshName } from "./broker.ts";
import { clientOf, clock, freshTopic, produce, producerOf, readTopic, recordOf, values } from "./kit.ts";
import { type SecureBroker, sessionMs, startSecureBroker, user } from "./secure-broker.ts";
import { TextRun } from "./text-run.ts";

describeWithBroker("a cluster that is guarded", () => {
  let folder: string;
  let secure: SecureBroker;
  /** By the listener for everybody. */
  let client: KafkaClient;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-kafka-secure-"));
    secure = await startSecureBroker(folder);
    client = clientOf(secure.broker.brokers);
  });
  afterAll(async () => {
    await client?.close();
    await secure?.broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (listener: string) => secure.broker.listeners[listener]!;
  const trusted = () => ({ ca: secure.certificate });
  const sasl = (mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512", as: Partial<typeof user> = {}) => ({
    mechanism,
    ...user,
    ...as,
  });

  test.each([
    ["SASL", "PLAIN"],
    ["SASL", "SCRAM-SHA-256"],
    ["SASL", "SCRAM-SHA-512"],
    ["TLS", undefined],
    ["SASL_TLS", "SCRAM-SHA-512"],
  ] as const)("source, sink and group over %s %s", async (listener, mechanism) => {
    const cluster = {
      brokers: at(listener),
      ...(mechanism === undefined ? {} : { sasl: sasl(mechanism) }),
      ...(listener === "SASL" ? {} : { tls: trusted() }),
    };
    const [input, output] = [await freshTopic(client, 2), await freshTopic(client)];
    await produce(client, input, 6, { partitions: 2 });
    for (const group of [undefined, { group: freshName("group") }]) {
      await new TextRun({ ...cluster, input, output, untilEnd: true, group }).running.done;
    }
    expect((await readTopic(client, output)).map(({ value }) => value).sort()).toEqual(
      [...values(6), ...values(6)].sort(),
    );
  });

  test("who must say again who he is does, while all goes on", async () => {
    const [input, output] = [await freshTopic(client, 2), await freshTopic(client)];
    const group = { group: freshName("group") };
    const run = new TextRun({ brokers: at("SASL"), sasl: sasl("SCRAM-SHA-256"), input, output, group });
    const producer = await producerOf(client);
    const began = clock.monotonic();
    let count = 0;
    while (clock.monotonic() - began < 2.5 * sessionMs) {
      producer.add(recordOf({ topic: input, partition: count % 2 }, clock.now(), null, `v${count}`));
      count++;
      await producer.flushed();
      await sleep(clock, 10);
    }
    await producer.close();
    await run.until(async () => (await readTopic(client, output)).length >= count);
    run.running.stop();
    await run.running.done;
    expect((await readTopic(client, output)).map(({ value }) => value).sort()).toEqual(values(count).sort());
  });

  test.each([
    [
      "a wrong password",
      () => ({ brokers: at("SASL"), sasl: sasl("SCRAM-SHA-256", { password: "another secret" }) }),
      "check the mechanism, username and password in sasl",
    ],
    [
      "a wrong password, PLAIN",
      () => ({ brokers: at("SASL"), sasl: sasl("PLAIN", { password: "another secret" }) }),
      "check the mechanism, username and password in sasl",
    ],
    [
      "an unknown user",
      () => ({ brokers: at("SASL"), sasl: sasl("SCRAM-SHA-512", { username: "bob" }) }),
      "check the mechanism, username and password in sasl",
    ],
    [
      "a certificate of an authority that is not trusted",
      () => ({ brokers: at("TLS"), tls: {} }),
      "give the authority that signed it in tls.ca",
    ],
    [
      "a certificate of another name",
      () => ({ brokers: at("TLS"), tls: { ...trusted(), servername: "elsewhere" } }),
      "a certificate with the broker's name",
    ],
    ["no TLS where it is wanted", () => ({ brokers: at("TLS") }), "the broker speaks TLS only: set tls"],
  ])("%s is told at once, alone and in a group, and what to do", async (_, cluster, advice) => {
    const topics = { input: "in", output: "out" };
    for (const group of [undefined, { group: freshName("group") }]) {
      const run = new TextRun({ ...cluster(), ...topics, group });
      const error = await run.running.done.catch((thrown: unknown) => thrown);
      expect(String(error)).toContain(advice);
      // Whatever is logged of it: secrets are not.
      expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toMatch(/secret/);
      expect(run.log).toEqual([]);
    }
  });
});
