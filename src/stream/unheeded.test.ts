import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Runs a program that runs a pipeline which fails, in a process of its own. */
async function outcomeOf(use: string) {
  const program = `
    const { createLogger, stream } = await import("./src/index.ts");
    const { fileSource } = await import("./src/connectors/file/index.ts");
    const { memorySink } = await import("./src/testing/index.ts");
    const pipeline = stream("in", fileSource("/no/such/file")).map("m", (x) => x).to("out", memorySink());
    ${use}`;
  const flags = ["--input-type=module-typescript", "--eval", program];
  const failed = (error: { code: number; stdout: string; stderr: string }) => error;
  const run = promisify(execFile)(process.execPath, flags).then((out) => ({ code: 0, ...out }), failed);
  const { code, stdout, stderr } = await run;
  return { code, stdout, stderr };
}

test("a failure that nobody asks for is a warning, and the exit code tells", async () => {
  const { code, stderr } = await outcomeOf("pipeline.run();");
  expect(code).toBe(1);
  expect(stderr).toMatch(/ML3001.*there is no file \/no\/such\/file/);
});

test("it goes to the logger where there is one, and an exit code that was set stays", async () => {
  const { code, stdout, stderr } = await outcomeOf(
    "process.exitCode = 7; pipeline.run({ logger: createLogger({ out: process.stdout, format: 'json' }) });",
  );
  expect([code, stderr]).toEqual([7, ""]);
  expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({ level: "error", error: { code: "ML3001" } });
});

test("who looks only at the status is not ended by it, and who takes done hears nothing else", async () => {
  const watching = await outcomeOf(`
    const job = pipeline.run();
    while (job.status().state !== "failed") await new Promise((resolve) => setTimeout(resolve, 5));
    console.log("still here");`);
  expect(watching).toMatchObject({ code: 1, stdout: "still here\n" });
  const heeding = await outcomeOf("await pipeline.run().done.catch((error) => console.log(error.code));");
  expect(heeding).toEqual({ code: 0, stdout: "ML3001\n", stderr: "" });
});
