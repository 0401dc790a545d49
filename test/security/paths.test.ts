import { execFileSync } from "node:child_process";
import { link, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { checkFiles } from "millrace/command";
import { beforeAll, expect, test } from "vitest";
import { runCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { command, frame, testFolder } from "./process.ts";

const at = testFolder("paths");
const content = frame(60, "a") + frame(61, "b");
const dash = { path: "-", dash: true };

beforeAll(async () => {
  await writeFile(at("in"), content);
  await writeFile(at("other"), "");
  await symlink("in", at("soft"));
  await link(at("in"), at("hard"));
  await mkdir(at("state"));
  await mkdir(at("folder"));
  await symlink("state", at("to-state"));
  execFileSync("mkfifo", [at("pipe")]);
});

function check(output: string, input = at("in"), state?: string, ...more: string[]): Promise<void> {
  return checkFiles({
    inputs: [{ option: "--in", path: input }],
    outputs: [output, ...more].map((path, i) => ({ option: `--out${i}`, path })),
    state,
  });
}

const told = (words: string) => expect.objectContaining({ code: "ML1002", message: expect.stringContaining(words) });

test("an output that is the input, under any name, is refused", async () => {
  const names = [at("in"), at("soft"), at("hard"), at("folder/../in"), relative(process.cwd(), at("in"))];
  for (const name of names) await expect(check(name)).rejects.toEqual(told("would overwrite the input of --in"));
  await expect(check(at("in"), at("soft"))).rejects.toEqual(told("would overwrite"));
});

test("two outputs of one name are refused, there already or not", async () => {
  for (const name of ["other", "new"]) {
    await expect(check(at(name), at("in"), undefined, at(`folder/../${name}`))).rejects.toEqual(
      told("is already the output of --out0"),
    );
  }
});

test("what lies in the folder of the state is refused, under any name", async () => {
  for (const folder of [at("state"), at("state/"), at("to-state"), at("state/../state")]) {
    await expect(check(at("state/x"), at("in"), folder)).rejects.toEqual(told("lies in the folder of --state"));
    await expect(check(at("to-state/x"), at("in"), folder)).rejects.toEqual(told("lies in the folder of --state"));
  }
  await expect(check(at("new"), at("in"), at())).rejects.toEqual(told("lies in the folder of --state"));
  await expect(check(at("state-not"), at("in"), at("state"))).resolves.toBeUndefined();
});

test("folders, pipes, empty names and missing parents are refused with what to do", async () => {
  await expect(check(at("folder"))).rejects.toEqual(told("is a folder; give a file"));
  await expect(check(at("new"), at("folder"))).rejects.toEqual(told("is a folder; give a file"));
  await expect(check(at("pipe"))).rejects.toEqual(told("let stdout be the pipe"));
  await expect(check(at("new"), at("pipe"))).rejects.toEqual(told("let the pipe be stdin"));
  await expect(check("")).rejects.toEqual(told("is empty; give a file"));
  await expect(check(at("new"), "")).rejects.toEqual(told("is empty; give a file"));
  await expect(check(at("new"), at("in"), "")).rejects.toEqual(told("is empty; give a folder"));
  await expect(check(at("new"), at("in"), at("other"))).rejects.toEqual(told("is not a folder"));
  await expect(check(at("no/such/new"))).rejects.toEqual(told("there is no folder"));
  await expect(check(at("in/new"))).rejects.toEqual(told("is not a folder"));
  await expect(check("-")).rejects.toEqual(told("stands for no stream here"));
});

test("what a run may well have is let through", async () => {
  await expect(
    check(at("new"), at("missing"), at("new-state"), at("other"), "/dev/null", "/dev/null"),
  ).resolves.toBeUndefined();
  const streams = { inputs: [{ option: "--in", ...dash }], outputs: [{ option: "--out", ...dash }] };
  await expect(checkFiles(streams)).resolves.toBeUndefined();
});

/** Runs a shell line; `"$@"` in it is the command. */
function shell(line: string): { code: number; stderr: string } {
  try {
    execFileSync("sh", ["-c", line, "sh", ...command], { cwd: at(), stdio: "pipe" });
    return { code: 0, stderr: "" };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { code: status, stderr: String(stderr) };
  }
}

test("the command refuses them before it writes a byte, also where the shell has opened the file", async () => {
  const before = await readdir(at());
  const lines = [
    '"$@" unique-users --in in --out in --state state',
    '"$@" unique-users --in in --out new --dead-letters new',
    '"$@" unique-users --in in --late-out state/late --state state',
    '"$@" unique-users --out in <in',
    '"$@" unique-users --in in >>in',
    '"$@" generate frames --out new --truth new',
  ];
  for (const line of lines) {
    const { code, stderr } = shell(line);
    expect([line, code, stderr.slice(0, 9)]).toEqual([line, 2, "ML1002: -"]);
  }
  expect(await readFile(at("in"), "utf8")).toBe(content);
  expect(await readdir(at())).toEqual(before);
  expect(await readdir(at("state"))).toEqual([]);
});

test("what cannot be written is told with its path, and the input is as it was", async () => {
  const long = at("x".repeat(300));
  for (const path of [long, "/dev/full", "/proc/version"]) {
    const { code, stderr } = await runCli(["unique-users", "--in", at("in"), "--out", path, "--progress", "off"]);
    expect([path, code]).toEqual([path, 1]);
    expect(stderr).toContain(`ML4001: ${path} cannot be written`);
  }
  expect(await readFile(at("in"), "utf8")).toBe(content);
});
