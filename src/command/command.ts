import type { OptionSpecs, OptionValues } from "./options.ts";

/** A command of the `millrace` program: what it is called, what it teaches, what it takes, what it does. */
export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** As typed: `"unique-users"`, `"generate frames"`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What a person should know before the options: a few sentences. */
  readonly about: string;
  /** Command lines that work as they stand, each with what it is for. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly options: Specs;
  /** Whether it runs a pipeline, which SIGINT and SIGTERM end well: they then do so before it runs, too. Default false. */
  readonly stopsWell?: boolean;
  /** Does it, and resolves to the exit code. */
  readonly run: (values: OptionValues<Specs>) => Promise<number>;
}

/** A command with its options' types inferred. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command<Specs> {
  return command;
}
