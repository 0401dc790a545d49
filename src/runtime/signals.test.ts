import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { listSource, memorySink, settled } from "../testing/index.ts";
import { Job } from "./job.ts";
import { stopOnSignals } from "./signals.ts";

/** A pipeline on real time that reads until it is stopped, and a step that takes as long to settle as it is told: `forever` or not. */
const program = `
  const { stream } = await import("./src/index.ts");
  const { listSource, memorySink, pause } = await import("./src/testing/index.ts");
  const isStuck = process.argv.at(-1) === "stuck";
  const call = (n) => (isStuck && n === 2 ? new Promise(() => {}) : Promise.resolve(n));
  const sink = memorySink();
  const job = stream("in", listSource([1, 2, pause(3_600_000), 3])).mapAsync("calls", call).to("out", sink).run();
  const keepsAlive = setInterval(() => {}, 1_000);
  const look = setInterval(() => {
    if (job.status().steps[1].in === 2) { clearInterval(look); console.log("running"); }
  }, 5);
  await job.done;
  clearInterval(keepsAlive);
  console.log(job.status().state, JSON.stringify(sink.values), process.listenerCount("SIGTERM"));
`;

function start(...args: string[]): ChildProcess {
  const flags = ["--conditions=millrace-source", "--input-type=module-typescript", "--eval", program, "--", ...args];
  return spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
}

test.each(["SIGTERM", "SIGINT"] as const)("the first %s stops the pipeline cleanly", async (signal) => {
  const child = start();
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("running");
  child.kill(signal);
  expect((await lines.next()).value).toBe("finished [1,2] 0");
  expect(await once(child, "close")).toEqual([0, null]);
});

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("a second %s ends the process at once", async (signal, code) => {
  const child = start("stuck");
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("running");
  const ended = once(child, "close");
  child.kill(signal);
  // Two signals sent at once may be taken for one: the second goes out until the process has ended.
  const again = setInterval(() => child.kill(signal), 20);
  expect(await ended).toEqual([code, null]);
  clearInterval(again);
});

test("nobody listens any more once the job has ended, well or not", async () => {
  const before = process.listenerCount("SIGTERM");
  const fails = () => {
    throw new Error("no");
  };
  const numbers = stream("in", listSource([1]));
  for (const pipeline of [numbers.to("out", memorySink()), numbers.map("step", fails).to("out", memorySink())]) {
    const job = new Job(pipeline.plan);
    stopOnSignals(job);
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    await job.done.catch(() => {});
    await settled();
    expect(process.listenerCount("SIGTERM")).toBe(before);
  }
});
