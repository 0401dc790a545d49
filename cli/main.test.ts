import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command as Program } from "commander";
import { describe, expect, test } from "vitest";
import { commands } from "./commands.ts";
import { addCommand } from "./program.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program as a process of its own. */
function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--conditions=millrace-source", main, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** What `--help` behind a command's name writes, without a process for each. */
async function helpOf(name: string): Promise<string> {
  let text = "";
  const program = new Program("millrace");
  for (const command of commands) addCommand(program, command, () => {});
  const silence = (one: Program): void => {
    one.exitOverride().configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
    one.commands.forEach(silence);
  };
  silence(program);
  await expect(program.parseAsync([...name.split(" "), "--help"], { from: "user" })).rejects.toMatchObject({
    exitCode: 0,
  });
  return text;
}

/** Text as one line with single blanks: the help breaks lines where it likes. */
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

/** The calls of the program in a command line: each command's name, and the options it is given. */
function callsIn(line: string): { readonly name: string; readonly options: string[] }[] {
  return line.split(/[|;&]+/).flatMap((part) => {
    const command = commands.find(({ name }) => new RegExp(`millrace ${name}( |$)`).test(part));
    const options = [...part.matchAll(/--([a-z-]+)/g)].map(([, option]) => option!);
    return command === undefined ? [] : [{ name: command.name, options }];
  });
}

describe.each(commands.map((command) => [command.name, command] as const))("millrace %s --help", (name, command) => {
  test("shows what it is, each option with its default, and examples", async () => {
    const help = await helpOf(name);
    const text = flat(help);
    expect(text).toContain(`Usage: millrace ${name} [options]`);
    expect(text).toContain(flat(command.about));
    for (const [option, { about, placeholder, fallbackText, many }] of Object.entries(command.options)) {
      expect(help, option).toMatch(new RegExp(`^  --${option}${placeholder === undefined ? "" : " <"}`, "m"));
      if (placeholder !== undefined) expect(text, option).toContain(` --${option} <${placeholder}> `);
      const fallback = fallbackText === undefined ? "" : ` (default: ${fallbackText})`;
      expect(text, option).toContain(`${flat(about)}${fallback}${many ? "; may be given several times" : ""}`);
    }
    for (const [line, what] of command.examples) expect(text).toContain(`${flat(what)} $ ${flat(line)}`);
  });

  test("has examples of this command, with options that there are", () => {
    const calls = command.examples.flatMap(([line]) => callsIn(line));
    expect(calls.map((call) => call.name)).toContain(name);
    for (const call of calls) {
      const known = Object.keys(commands.find((one) => one.name === call.name)!.options);
      expect(known).toEqual(expect.arrayContaining(call.options));
    }
  });
});

test("--help lists every command with its line, and a command's own shows its options", async () => {
  const { code, stdout, stderr } = await run("--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const { name, summary } of commands) {
    const [group = "", ...more] = name.split(" ");
    expect(stdout).toMatch(new RegExp(`^  ${group} `, "m"));
    if (more.length === 0) expect(flat(stdout)).toContain(flat(summary));
  }
  const own = await run("generate", "frames", "--help");
  expect(own.code).toBe(0);
  expect(own.stdout).toContain("  --count <N>");
});

test("--version is the package's", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  expect(await run("--version")).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.each<[string[], string]>([
  [["unique-user"], "error: unknown command 'unique-user' (Did you mean unique-users?)"],
  [["generate", "teapots"], "error: unknown command 'teapots'"],
  [["unique-users", "--windows", "1m"], "error: unknown option '--windows' (Did you mean --window?)"],
  [["unique-users", "--window", "soon"], 'ML1002: --window: "soon" is not a duration such as 250ms'],
  [[], "Usage: millrace"],
])("millrace %j exits with 2 and says what is wrong", async (args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(flat(stderr)).toContain(message);
  expect(stderr, "no stack trace").not.toContain("    at ");
});
