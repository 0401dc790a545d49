import { type Duration, durationMs, durationText } from "../core/duration.ts";
import { MillraceError, reasonOf } from "../core/errors.ts";

/** One option of a command: what it is called, what it means, how its text is read. Type, validation, help and docs all come from it. */
export interface OptionSpec<T> {
  /** What stands for the value in the help: `"FILE|-"`; undefined for a switch, which takes none. */
  readonly placeholder: string | undefined;
  /** What it does, in a sentence for the help. */
  readonly about: string;
  /** The value without the option; undefined means that there is none. */
  readonly fallback: T;
  /** How the fallback is written in the help; undefined: not at all. */
  readonly fallbackText: string | undefined;
  /** Whether it may be given several times: the value is then what all of them make together. */
  readonly many: boolean;
  /** The value of the texts given, in order. Throws an `Error` whose message ends the sentence "--name: ...". */
  readonly read: (texts: readonly string[]) => T;
}

/** The options of a command, by the name that the user writes after `--`. */
export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;

/** The values of a command's options. */
export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends OptionSpec<infer T> ? T : never;
};

function one<T>(placeholder: string, about: string, read: (text: string) => T): OptionSpec<T | undefined> {
  return {
    placeholder,
    about,
    fallback: undefined,
    fallbackText: undefined,
    many: false,
    read: (texts) => read(texts.at(-1)!),
  };
}

/** A text, taken as it is. */
export function textOption(placeholder: string, about: string): OptionSpec<string | undefined> {
  return one(placeholder, about, (text) => text);
}

/** One of a few words. */
export function choiceOption<const T extends string>(words: readonly T[], about: string): OptionSpec<T | undefined> {
  return one(words.join("|"), about, (text) => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new Error(`"${text}" is none of ${words.join(", ")}`);
    return found;
  });
}

/** A whole number within bounds. Underscores may group its digits. */
export function integerOption(
  about: string,
  bounds: { readonly min: number; readonly max: number },
): OptionSpec<number | undefined> {
  return one("N", about, (text) => {
    const plain = text.replaceAll("_", "");
    const value = Number(plain);
    if (!/^-?\d+$/.test(plain) || value < bounds.min || value > bounds.max) {
      throw new Error(`"${text}" is not a whole number from ${bounds.min} to ${bounds.max}`);
    }
    return value;
  });
}

const byteUnits: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** A number of bytes within bounds, as `"65536"`, `"64KiB"` or `"1.5MB"`; the value is in bytes. */
export function bytesOption(
  about: string,
  bounds: { readonly min: number; readonly max: number },
): OptionSpec<number | undefined> {
  return one("BYTES", about, (text) => {
    const match = /^(\d+(?:\.\d+)?) ?([KMG]i?B|B|)$/.exec(text);
    const value = match === null ? Number.NaN : Math.round(Number(match[1]) * byteUnits[match[2]!]!);
    if (!(value >= bounds.min && value <= bounds.max)) {
      throw new Error(`"${text}" is not a number of bytes from ${bounds.min} to ${bounds.max}, such as 64KiB or 1MiB`);
    }
    return value;
  });
}

/** A share, as `"3%"` or `"0.03"`; the value is a number from 0 to 1. */
export function shareOption(about: string): OptionSpec<number | undefined> {
  return one("SHARE", about, (text) => {
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
    const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
    if (!(value >= 0 && value <= 1)) throw new Error(`"${text}" is not a share such as 3% or 0.03`);
    return value;
  });
}

/** A length of time; the value is in milliseconds. */
export function durationOption(about: string): OptionSpec<number | undefined> {
  return one("DURATION", about, readDuration);
}

/** Several lengths of time, separated by commas; in milliseconds. */
export function durationsOption(about: string): OptionSpec<readonly number[] | undefined> {
  return one("DURATION,...", about, (text) => text.split(",").map((part) => readDuration(part.trim())));
}

/** A switch: true when it is given. */
export function switchOption(about: string): OptionSpec<boolean> {
  return { placeholder: undefined, about, fallback: false, fallbackText: undefined, many: false, read: () => true };
}

/** The same option with a value for when it is not given. */
export function withFallback<T>(spec: OptionSpec<T | undefined>, fallback: T, text?: string): OptionSpec<T> {
  return { ...(spec as OptionSpec<T>), fallback, fallbackText: text ?? textOf(fallback, spec.placeholder) };
}

/** The same option, which may be given several times; the value is the list of all. */
export function withMany<T>(spec: OptionSpec<T | undefined>): OptionSpec<readonly T[]> {
  return { ...spec, fallback: [], many: true, read: (texts) => texts.map((text) => spec.read([text]) as T) };
}

function textOf(fallback: unknown, placeholder: string | undefined): string {
  const isTime = placeholder?.startsWith("DURATION") ?? false;
  if (isTime && typeof fallback === "number") return durationText(fallback);
  if (isTime && Array.isArray(fallback)) return fallback.map((ms) => durationText(ms)).join(",");
  // To so many digits that what binary fractions lack of decimal ones does not show.
  if (placeholder === "SHARE") return `${Number((Number(fallback) * 100).toPrecision(12))}%`;
  return String(fallback);
}

function readDuration(text: Duration): number {
  try {
    return durationMs(text);
  } catch {
    throw new Error(`"${text}" is not a duration such as 250ms, 5s, 1m, 1h or 1d`);
  }
}

/** The values of all options from the texts given; throws `ML1002` naming the option whose text cannot be read. */
export function readOptions<Specs extends OptionSpecs>(
  specs: Specs,
  given: Readonly<Record<string, readonly string[]>>,
): OptionValues<Specs> {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const texts = given[name];
    try {
      values[name] = texts === undefined || texts.length === 0 ? spec.fallback : spec.read(texts);
    } catch (thrown) {
      throw new MillraceError("ML1002", { message: `--${name}: ${reasonOf(thrown)}` });
    }
  }
  return values as OptionValues<Specs>;
}
