import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { watchedProcess } from "./process.ts";
import type { BrokerPlan, RunningBroker } from "./running-broker.ts";
import { brokerSettings } from "./settings.ts";
import { kafkaVersion } from "./version.ts";

/** How long a broker may take until it serves, the pull of its image included. */
const readyMsMax = 300_000;

/** The image of the broker and its tools. */
export const kafkaImage = `apache/kafka:${kafkaVersion}`;

/** Whether a Docker engine answers. */
export async function hasDocker(): Promise<boolean> {
  try {
    await promisify(execFile)("docker", ["version"]);
    return true;
  } catch {
    return false;
  }
}

/** In the container: serves until the input ends or says `stop`, as the JVM's own launcher does. */
const untilInputEnds = '/etc/kafka/docker/run & read -r line; kill "$!"; wait "$!"';

/** Runs the broker in a container that goes when it ends. */
export async function dockerBroker(plan: BrokerPlan): Promise<RunningBroker> {
  const { ports, folder, keepData } = plan;
  const settings = {
    ...brokerSettings(ports, "/data/log", plan.settings),
    listeners: `PLAINTEXT://:${ports.broker},CONTROLLER://:${ports.controller}`,
  };
  const variables = Object.entries(settings).flatMap(([name, value]) => ["-e", `${variableOf(name)}=${value}`]);
  const volume = keepData ? ["-v", `${folder}:/data`] : [];
  const published = ["-p", `127.0.0.1:${ports.broker}:${ports.broker}`];
  const command = ["--entrypoint", "sh", kafkaImage, "-c", untilInputEnds];
  const child = spawn("docker", ["run", "--rm", "-i", ...published, ...volume, ...variables, ...command], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  return watchedProcess(child, ports.broker, (line) => line.includes("Kafka Server started"), readyMsMax);
}

/** The variable by which the image takes a setting: `log.dirs` is `KAFKA_LOG_DIRS`. */
function variableOf(setting: string): string {
  return `KAFKA_${setting.replaceAll("_", "__").replaceAll("-", "___").replaceAll(".", "_").toUpperCase()}`;
}
