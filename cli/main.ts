import { readFileSync } from "node:fs";
import { CommanderError, Command as Program } from "commander";
import { MillraceError } from "millrace";
import { printableText } from "millrace/command";
import { commands } from "./commands.ts";
import { addCommand } from "./program.ts";

/** What a process exits with when its command line cannot be understood. */
const usageError = 2;

function versionOf(): string {
  const manifest = new URL(import.meta.resolve("millrace/package.json"));
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

function programOf(done: (code: number) => void): Program {
  const program = new Program("millrace")
    .description("A stream processor for TypeScript. Each command runs one of its systems, or a tool that helps them.")
    .version(versionOf())
    .showHelpAfterError("(add --help to see what it takes)")
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ outputError: (text, write) => write(printableText(text)) });
  for (const command of commands) addCommand(program, command, done);
  exitByThrowing(program);
  return program;
}

function exitByThrowing(program: Program): void {
  program.exitOverride();
  for (const one of program.commands) exitByThrowing(one);
}

async function main(): Promise<number> {
  let code = 0;
  try {
    await programOf((result) => {
      code = result;
    }).parseAsync();
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : usageError;
    if (!(thrown instanceof MillraceError)) throw thrown;
    process.stderr.write(`${printableText(thrown.message)}\n`);
    return thrown.code === "ML1002" || thrown.code === "ML1003" ? usageError : 1;
  }
  return code;
}

/** The reader of our output may go away, as `| head` does: what is left to say then has nobody to hear it. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await main();
// What failed for a reader that takes nothing more would wait for it for ever.
if (process.exitCode !== 0 && process.stdout.writableLength > 0) process.exit();
