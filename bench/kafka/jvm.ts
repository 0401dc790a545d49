import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { kafkaJars } from "../../tools/kafka/jars.ts";

const project = fileURLToPath(new URL("../peers/jvm", import.meta.url));

/** The beginnings of command lines that run the peers in Java. */
export interface JvmPeers {
  readonly kafkaStreams: readonly string[];
  readonly flink: readonly string[];
  readonly consumerPerf: readonly string[];
}

/** What Flink itself gives its JVMs since Java 17. */
const opened = ["java.lang", "java.util"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);
const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";

/** Builds the peers with Maven; what is built already costs a few seconds. */
export async function jvmPeers(): Promise<JvmPeers> {
  const tell = (text: string) => process.stderr.write(`${text}\n`);
  tell("building the peers in Java with Maven");
  await promisify(execFile)("mvn", ["-q", "-B", "-f", join(project, "pom.xml"), "package"]);
  const jars = await kafkaJars(tell);
  return {
    kafkaStreams: ["java", quiet, "-cp", classPath("kafka-streams"), "peers.StreamsPeer"],
    flink: ["java", ...opened, quiet, "-cp", classPath("flink"), "peers.FlinkPeer"],
    consumerPerf: ["java", quiet, "-cp", jars, "org.apache.kafka.tools.ConsumerPerformance"],
  };
}

function classPath(module: string): string {
  const target = join(project, module, "target");
  return [join(target, `${module}-peer-1.jar`), join(target, "dependency", "*")].join(delimiter);
}
