import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { watchedProcess } from "./process.ts";
import type { BrokerPlan, RunningBroker } from "./running-broker.ts";
import { brokerSettings, propertiesText } from "./settings.ts";

/** How long a broker may take until it serves, on a machine with other work to do. */
const readyMsMax = 120_000;

const source = join(import.meta.dirname, "Broker.java");

/** Runs the broker on a JVM of this machine: ready within seconds. */
export async function javaBroker(plan: BrokerPlan, jars: string): Promise<RunningBroker> {
  const { folder, keepData, ports } = plan;
  const file = join(folder, "server.properties");
  writeFileSync(file, propertiesText(brokerSettings(ports, join(folder, "data"), plan.settings)));
  const id = randomBytes(16);
  // An id that begins with "-" would be taken for an option: without its highest bit the first byte gives a letter.
  id[0]! &= 0x7f;
  const clusterId = id.toString("base64url");
  const classPath = [await compiled(jars), jars].join(delimiter);
  // Without the optimizing compiler the broker is ready in half the time, and slower for as long as it runs.
  const compiler = plan.quick ? ["-XX:TieredStopAtLevel=1"] : [];
  const log = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
  const args = ["-Xmx1g", "-Xshare:auto", ...compiler, log, "-cp", classPath, "Broker"];
  const child = spawn("java", [...args, file, clusterId, keepData ? "keep" : "remove"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  return watchedProcess(child, ports.broker, (line) => line === "ready", readyMsMax);
}

/** The folder with our launcher's class, beside the jars; made anew when its source changes. */
async function compiled(jars: string): Promise<string> {
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 12);
  const folder = `${dirname(jars)}-launcher-${hash}`;
  if (existsSync(folder)) return folder;
  const work = mkdtempSync(`${folder}-`);
  await promisify(execFile)("javac", ["-d", work, "-cp", jars, source]);
  if (existsSync(folder)) rmSync(work, { recursive: true, force: true });
  else renameSync(work, folder);
  return folder;
}
