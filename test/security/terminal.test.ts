import { writeFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { runCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { command, runIn, testFolder } from "./process.ts";

/** Sets a terminal's title, then clears its screen. */
const evil = "\u001b]0;evil\u0007\u001b[2J";
const inFolder = testFolder("terminal");
let input: string;

beforeAll(async () => {
  input = inFolder(`in${evil}.jsonl`);
  await writeFile(input, `{"ts":60,"uid":"${evil}"}\n{"ts":"${evil}","uid":"a"}\n${evil}\n{"${evil}":1}\n`);
});

const field = ["--ts-field", `ts${evil}`];

test("no control character of data, names or paths reaches stdout, stderr or a log", async () => {
  const runs = [
    ["--in", input],
    ["--in", input, ...field, "--log", "debug"],
    ["--in", inFolder(`none${evil}.jsonl`)],
    ["--in", input, "--out", input],
    ["--in", input, "--out", inFolder(`none${evil}/out`)],
    ["--in", input, "--window", evil],
    ["--in", input, `--${evil}`],
    ["--in", input, "--explain", ...field],
    ["--in", input, "--explain", "--explain-as", "mermaid"],
  ];
  const results = await Promise.all(runs.map((args) => runCli(["unique-users", ...args])));
  for (const [index, { stdout, stderr }] of results.entries()) {
    expect([runs[index], `${stdout}${stderr}`.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g)]).toEqual([
      runs[index],
      null,
    ]);
    expect(`${stdout}${stderr}`.length).toBeGreaterThan(50);
  }
  expect(results[2]!.stderr).toContain("\\u001b]0;evil\\u0007");
});

/** `script` gives a process a terminal; other systems' takes other arguments. */
test.skipIf(process.platform !== "linux")("nor a terminal, which gets colours and progress of our own", async () => {
  const quoted = [...command, "unique-users", "--in", input, ...field].map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await runIn(`unset NO_COLOR; script -qec "${quoted}" /dev/null; exit $?`, []);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("\u001b[33mWARN");
  expect(stdout).toContain("\\u001b]0;evil\\u0007");
  expect(stdout).not.toContain("\u001b]0;");
  expect(stdout).not.toContain("\u001b[2J");
});
