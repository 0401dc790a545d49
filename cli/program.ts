import { Option, type Command as Program } from "commander";
import type { Command, OptionSpec, OptionSpecs } from "millrace/command";
import { endAtSignals, leaveSignals, readOptions } from "millrace/command";

/** Adds a command to the program: its options, help and examples all come from its definition. */
export function addCommand(program: Program, command: Command<OptionSpecs>, done: (code: number) => void): void {
  const words = command.name.split(" ");
  const parent = words.slice(0, -1).reduce(groupOf, program);
  const entry = parent.command(words.at(-1)!).summary(command.summary).description(command.about);
  for (const [name, spec] of Object.entries(command.options)) entry.addOption(optionOf(name, spec));
  entry.addHelpText("after", `\nExamples:\n${command.examples.map(exampleText).join("\n")}\n`);
  entry.action(async () => {
    if (command.stopsWell) endAtSignals();
    else leaveSignals();
    done(await command.run(readOptions(command.options, givenBy(entry, command.options))));
  });
}

function exampleText([line, what]: readonly [string, string]): string {
  return `  ${what}\n    $ ${line}`;
}

function groupOf(parent: Program, word: string): Program {
  const found = parent.commands.find((one) => one.name() === word);
  return found ?? parent.command(word).summary(`commands that ${word}`);
}

function optionOf(name: string, spec: OptionSpec<unknown>): Option {
  const flags = spec.placeholder === undefined ? `--${name}` : `--${name} <${spec.placeholder}>`;
  const rest = spec.fallbackText === undefined ? "" : ` (default: ${spec.fallbackText})`;
  const option = new Option(flags, `${spec.about}${rest}${spec.many ? "; may be given several times" : ""}`);
  if (spec.placeholder === undefined) return option;
  return option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
}

function givenBy(entry: Program, specs: OptionSpecs): Record<string, readonly string[]> {
  const given: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(entry.opts())) {
    const spelled = Object.keys(specs).find((one) => camelCase(one) === name);
    if (spelled !== undefined) given[spelled] = value === true ? ["true"] : (value as readonly string[]);
  }
  return given;
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
