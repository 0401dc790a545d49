import { spawn } from "node:child_process";
import { hasDocker, kafkaImage } from "./docker-broker.ts";
import { hasJavaAndMaven, kafkaJars } from "./jars.ts";

/** One of the broker's own tools: its class, its script in the image, and the arguments it gets before those given. */
interface ConsoleTool {
  readonly className: string;
  readonly script: string;
  args(given: readonly string[]): readonly string[];
}

/** The tools by the name `npm run kafka` knows them by. Without arguments `topics` and `groups` list what there is. */
export const consoleTools: Readonly<Record<string, ConsoleTool>> = {
  topics: {
    className: "org.apache.kafka.tools.TopicCommand",
    script: "kafka-topics.sh",
    args: (given) => (given.length === 0 ? ["--describe"] : given),
  },
  groups: {
    className: "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    script: "kafka-consumer-groups.sh",
    args: (given) => (given.length === 0 ? ["--describe", "--all-groups"] : given),
  },
  transactions: {
    className: "org.apache.kafka.tools.TransactionsCommand",
    script: "kafka-transactions.sh",
    args: (given) => (given.length === 0 ? ["list"] : given),
  },
  read: {
    className: "org.apache.kafka.tools.consumer.ConsoleConsumer",
    script: "kafka-console-consumer.sh",
    args: ([topic = "", ...rest]) => {
      const from = rest.includes("--offset") || rest.includes("--group") ? [] : ["--from-beginning"];
      return ["--topic", topic, "--isolation-level", "read_committed", ...from, ...rest];
    },
  },
};

/** Runs one of the broker's own tools; resolves to its exit code and, with `"capture"`, to what it printed. */
export async function runConsoleTool(
  name: string,
  brokers: string,
  given: readonly string[],
  output: "inherit" | "capture" = "inherit",
): Promise<{ readonly code: number; readonly text: string }> {
  const tool = consoleTools[name]!;
  const args = ["--bootstrap-server", brokers, ...tool.args(given)];
  const [program, all] = await commandOf(tool, args);
  const child = spawn(program, all, {
    stdio: ["ignore", output === "capture" ? "pipe" : "inherit", output === "capture" ? "pipe" : "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (bytes: Buffer) => chunks.push(bytes));
  child.stderr?.resume();
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, text: Buffer.concat(chunks).toString() }));
  });
}

async function commandOf(tool: ConsoleTool, args: readonly string[]): Promise<[string, string[]]> {
  if (await hasJavaAndMaven()) {
    const classPath = await kafkaJars((text) => process.stderr.write(`${text}\n`));
    const log = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";
    return ["java", ["-Xmx256m", "-XX:TieredStopAtLevel=1", log, "-cp", classPath, tool.className, ...args]];
  }
  if (!(await hasDocker())) throw new Error("the broker's tools need a JDK of 17 or later with Maven, or Docker");
  return ["docker", ["run", "--rm", "--network", "host", kafkaImage, `/opt/kafka/bin/${tool.script}`, ...args]];
}
