/** The broker that tests and users get: it serves, and nothing of it outlives whoever asked for it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeAll, expect, test } from "vitest";
import { runConsoleTool } from "../../tools/kafka/console-tools.ts";
import { root } from "../../tools/node.mjs";
import { describeWithBroker, freshName, testBroker } from "./broker.ts";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function started(...args: readonly string[]): ChildProcess {
  const env = { ...process.env, KAFKA_BROKERS: "" };
  const child = spawn(process.execPath, [join(root, "tools/kafka.ts"), ...args], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  return child;
}

/** The port that the started tool names, once it says that the broker is ready. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    createInterface(child.stderr!).on("line", (line) => {
      lines.push(line);
      const port = /is ready on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.on("close", () => reject(new Error(lines.join("\n"))));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

async function untilGone(port: number): Promise<void> {
  while (await answers(port)) await new Promise((resolve) => setImmediate(resolve));
}

describeWithBroker("npm run kafka", () => {
  let brokers: string;
  beforeAll(async () => {
    brokers = await testBroker();
  });

  test("the broker's own tools make, list and read topics", async () => {
    const topic = freshName("tools");
    const made = await runConsoleTool(
      "topics",
      brokers,
      ["--create", "--topic", topic, "--partitions", "3"],
      "capture",
    );
    expect(made.code).toBe(0);
    const listed = await runConsoleTool("topics", brokers, ["--list"], "capture");
    expect(listed.text.split("\n")).toContain(topic);
  });

  test("a broker goes when the tool that started it is killed with -9", async () => {
    const tool = started("--port", "0");
    const port = await portOf(tool);
    expect(await answers(port)).toBe(true);
    tool.kill("SIGKILL");
    await untilGone(port);
  });

  test("a broker goes when the tool is asked to stop, and the tool ends well", async () => {
    const tool = started("--port", "0");
    const port = await portOf(tool);
    const code = new Promise((resolve) => tool.on("close", resolve));
    tool.kill("SIGTERM");
    expect(await code).toBe(0);
    expect(await answers(port)).toBe(false);
  });

  test("the broker of a test run goes with the run, although the run is killed with -9", async () => {
    const program = `
      import { sharedBroker } from ${JSON.stringify(join(root, "test/kafka/shared-broker.ts"))};
      console.error("is ready on " + (await sharedBroker(process.pid)));
      setInterval(() => {}, 1000);`;
    const run = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(run);
    const port = await portOf(run);
    run.kill("SIGKILL");
    await untilGone(port);
    const folder = join((await import("node:os")).tmpdir(), `millrace-kafka-run-${run.pid}`);
    while (existsSync(folder)) await new Promise((resolve) => setImmediate(resolve));
  });
});
