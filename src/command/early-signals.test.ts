/** Signals that come before there is a pipeline to stop. The launcher's part is played by a line of the program. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const module = fileURLToPath(new URL("./early-signals.ts", import.meta.url));

/** Runs a program to its end; `seen`: the signal that came while it was loaded. */
async function run(seen: string | undefined, program: string) {
  const kept = `process[Symbol.for("millrace.early-signals")] = { seen: ${JSON.stringify(seen)}, letGo() { console.log("let go"); } };`;
  const code = `${kept} const { endAtSignals, leaveSignals } = await import(${JSON.stringify(module)}); ${program}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said, [exit, signal]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return [exit ?? signal, said];
}

const raise = (signal: string) => `process.kill(process.pid, "${signal}"); setInterval(() => {}, 1000);`;

test.each(["SIGINT", "SIGTERM"])("%s before anything has begun ends the process well, and at once", async (signal) => {
  expect(await run(signal, `endAtSignals(); console.log("began");`)).toEqual([0, "let go\n"]);
  expect(await run(undefined, `endAtSignals(); ${raise(signal)}`)).toEqual([0, "let go\n"]);
});

test.each(["SIGINT", "SIGTERM"])("%s does to what has no pipeline what it does to any process", async (signal) => {
  expect(await run(signal, "leaveSignals(); setInterval(() => {}, 1000);")).toEqual([signal, "let go\n"]);
  expect(await run(undefined, `leaveSignals(); ${raise(signal)}`)).toEqual([signal, "let go\n"]);
});

test("once a pipeline runs, its own handlers are alone", async () => {
  const handled = `process.on("SIGTERM", () => { console.log("stopping"); process.exit(7); });`;
  const program = `endAtSignals(); ${handled} leaveSignals(); ${raise("SIGTERM")}`;
  expect(await run(undefined, program)).toEqual([7, "let go\nstopping\n"]);
});
