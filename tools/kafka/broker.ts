import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { dockerBroker, hasDocker } from "./docker-broker.ts";
import { freePort } from "./free-port.ts";
import { hasJavaAndMaven, kafkaJars } from "./jars.ts";
import { javaBroker } from "./java-broker.ts";
import type { BrokerPlan, RunningBroker } from "./running-broker.ts";
import type { Listener } from "./settings.ts";

/** How a broker is brought up. */
export interface BrokerOptions {
  /** The port to listen on if it is free; any free one unless told. */
  readonly port?: number | undefined;
  /** Where it keeps its data, which then stays; without it, a folder that goes with the broker. */
  readonly dataFolder?: string | undefined;
  /** Ready sooner, slower afterwards: for tests. */
  readonly quick?: boolean | undefined;
  /** Where it listens besides, by name: only a broker that runs on this machine's JVM. What these need is among `settings`. */
  readonly listeners?: Readonly<Record<string, Listener["protocol"]>> | undefined;
  /** Settings of the broker on top of ours. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Takes what a person may want to know meanwhile. */
  readonly tell?: ((text: string) => void) | undefined;
}

/** What keeps the machine from running a broker; undefined when nothing does. */
export async function whyNoBroker(): Promise<string | undefined> {
  if ((await hasJavaAndMaven()) || (await hasDocker())) return undefined;
  return "there is no JDK of 17 or later with Maven, and no Docker: install one of them, or set KAFKA_BROKERS";
}

/** Starts Apache Kafka, KRaft, one node, on loopback: from Maven's jars when a JDK and Maven are there, else with Docker. */
export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const reason = await whyNoBroker();
  if (reason !== undefined) throw new Error(reason);
  const { dataFolder, settings = {}, tell = () => {} } = options;
  const folder = dataFolder === undefined ? mkdtempSync(join(tmpdir(), "millrace-kafka-")) : resolve(dataFolder);
  mkdirSync(folder, { recursive: true });
  const keepData = dataFolder !== undefined;
  const others: Listener[] = [];
  for (const [name, protocol] of Object.entries(options.listeners ?? {})) {
    others.push({ name, protocol, port: await freePort() });
  }
  const ports = { broker: await freePort(options.port), controller: await freePort(), others };
  const plan: BrokerPlan = { ports, folder, keepData, quick: options.quick ?? false, settings };
  const broker = (await hasJavaAndMaven()) ? await javaBroker(plan, await kafkaJars(tell)) : await dockerBroker(plan);
  const ended = broker.ended.then(() => {
    if (!keepData && existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...broker,
    listeners: Object.fromEntries(others.map(({ name, port }) => [name, `127.0.0.1:${port}`])),
    ended,
    stop: () => broker.stop().then(() => ended),
    kill: () => broker.kill().then(() => ended),
  };
}
