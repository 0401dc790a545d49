import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { kafkaVersion } from "./version.ts";

const slf4jVersion = "1.7.36";

/** The class path of the broker and its tools, in a cache outside of the project; fetched by Maven the first time (54 MB of jars). */
export async function kafkaJars(tell: (text: string) => void): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const folder = join(cache, "millrace", `kafka-${kafkaVersion}-jars`);
  if (!existsSync(folder)) await fetchInto(folder, tell);
  return join(folder, "*");
}

/** Whether a JDK of 17 or later and Maven are on the path. */
export async function hasJavaAndMaven(): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)("javac", ["-version"]);
    await promisify(execFile)("mvn", ["-version"]);
    return Number(/\d+/.exec(stdout)?.[0]) >= 17;
  } catch {
    return false;
  }
}

/** Into a folder of its own first, then renamed: what is there under the final name is whole, whoever else fetches. */
async function fetchInto(folder: string, tell: (text: string) => void): Promise<void> {
  tell(`fetching Apache Kafka ${kafkaVersion} with Maven, once, into ${folder}`);
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}-fetching-`);
  try {
    writeFileSync(join(work, "pom.xml"), pom());
    const jars = join(work, "jars");
    await maven(work, ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${jars}`]);
    if (!existsSync(folder)) renameSync(jars, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function maven(cwd: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("mvn", args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (bytes) => {
      output += bytes;
    });
    child.stderr.on("data", (bytes) => {
      output += bytes;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`Maven could not fetch Apache Kafka ${kafkaVersion}:\n${output}`));
    });
  });
}

function pom(): string {
  const dependencies = [
    ["org.apache.kafka", "kafka_2.13", kafkaVersion],
    ["org.apache.kafka", "kafka-tools", kafkaVersion],
    ["org.slf4j", "slf4j-simple", slf4jVersion],
  ];
  const listed = dependencies.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>dev.millrace</groupId><artifactId>kafka-jars</artifactId><version>1</version>
<dependencies>${listed.join("\n")}</dependencies></project>\n`;
}
