import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("./descriptors.fixture.ts", import.meta.url));

it.skipIf(process.platform === "win32")("survives that file descriptors run out, and says so", async () => {
  const args = ["-c", 'ulimit -n 64 && exec "$0" "$1"', process.execPath, script];
  const { stdout } = await promisify(execFile)("sh", args, { timeout: 60_000 });
  const { got, exhausted, flood } = JSON.parse(stdout) as { got: string; exhausted: boolean; flood: number };
  expect({ got, exhausted }).toEqual({ got: "still here\n", exhausted: true });
  expect(flood).toBeLessThan(64);
});
