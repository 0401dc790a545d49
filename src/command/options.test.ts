import { describe, expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import { pipelineOptions } from "./common-options.ts";
import {
  bytesOption,
  choiceOption,
  durationOption,
  durationsOption,
  integerOption,
  type OptionSpec,
  readOptions,
  shareOption,
  switchOption,
  textOption,
  withFallback,
  withMany,
} from "./options.ts";

const specs = {
  text: textOption("FILE", "a file"),
  choice: choiceOption(["drop", "update"], "what to do"),
  integer: integerOption("a number", { min: -5, max: 1_000_000 }),
  bytes: bytesOption("a size", { min: 1, max: 2 ** 30 }),
  share: shareOption("a share"),
  duration: durationOption("a time"),
  durations: durationsOption("some times"),
  many: withMany(textOption("FILE", "files")),
};

function read(name: keyof typeof specs, ...texts: string[]): unknown {
  return readOptions(specs, { [name]: texts })[name];
}

test.each<[keyof typeof specs, string, unknown]>([
  ["text", "", ""],
  ["text", "-", "-"],
  ["choice", "update", "update"],
  ["integer", "0", 0],
  ["integer", "-5", -5],
  ["integer", "1_000_000", 1_000_000],
  ["integer", "007", 7],
  ["bytes", "65536", 65_536],
  ["bytes", "64KiB", 65_536],
  ["bytes", "1.5MB", 1_500_000],
  ["bytes", "1 GiB", 2 ** 30],
  ["share", "0", 0],
  ["share", "3%", 0.03],
  ["share", "0.03", 0.03],
  ["share", "0.01%", 0.0001],
  ["share", "100%", 1],
  ["duration", "0ms", 0],
  ["duration", "250ms", 250],
  ["duration", "1h30m", 5_400_000],
  ["duration", "1.5s", 1_500],
  ["durations", "1m", [60_000]],
  ["durations", "1m, 1h,1d", [60_000, 3_600_000, 86_400_000]],
])("--%s %s is %o", (name, text, value) => {
  expect(read(name, text)).toEqual(value);
});

const notWhole = (text: string) => `"${text}" is not a whole number from -5 to 1000000`;
const notBytes = (text: string) => `"${text}" is not a number of bytes from 1 to 1073741824, such as 64KiB or 1MiB`;
const notShare = (text: string) => `"${text}" is not a share such as 3% or 0.03`;
const notDuration = (text: string) => `"${text}" is not a duration such as 250ms, 5s, 1m, 1h or 1d`;

test.each<[keyof typeof specs, string, string]>([
  ["choice", "Update", '"Update" is none of drop, update'],
  ["choice", "", '"" is none of drop, update'],
  ...["", "_", "1.5", "1e3", "0x10", "-6", "1000001", "99999999999999999999", "seven", " 7", "NaN", "Infinity"].map(
    (text): [keyof typeof specs, string, string] => ["integer", text, notWhole(text)],
  ),
  ...["", "0", "2GiB", "1.5.5", "-1", "64K", "64kib", "1e3"].map((text): [keyof typeof specs, string, string] => [
    "bytes",
    text,
    notBytes(text),
  ]),
  ...["", "%", "101%", "1.1", "-0.1", ".5", "3 %", "3%%"].map((text): [keyof typeof specs, string, string] => [
    "share",
    text,
    notShare(text),
  ]),
  ...["", "5", "s", "5 s", "-5s", "5sec", "1m30"].map((text): [keyof typeof specs, string, string] => [
    "duration",
    text,
    notDuration(text),
  ]),
  ["durations", "", notDuration("")],
  ["durations", "1m,,1h", notDuration("")],
  ["durations", "1m;1h", notDuration("1m;1h")],
])("--%s %s is refused, naming the option and the form", (name, text, message) => {
  expect(() => read(name, text)).toThrow(
    `ML1002: --${name}: ${message}. Give a value of the form that the message names.`,
  );
});

test("given twice, the last counts, but for options that may be given several times", () => {
  expect(read("text", "a", "b")).toBe("b");
  expect(read("integer", "x", "5")).toBe(5);
  expect(read("many", "a", "b")).toEqual(["a", "b"]);
});

test("not given, an option has its fallback; an empty list counts as not given", () => {
  const all = {
    ...specs,
    quiet: switchOption("say nothing"),
    lag: withFallback(specs.duration, 5_000),
  };
  expect(readOptions(all, { lag: [] })).toEqual({
    text: undefined,
    choice: undefined,
    integer: undefined,
    bytes: undefined,
    share: undefined,
    duration: undefined,
    durations: undefined,
    many: [],
    quiet: false,
    lag: 5_000,
  });
  expect(readOptions(all, { quiet: ["true"], lag: ["1s"] })).toMatchObject({ quiet: true, lag: 1_000 });
});

test("what is wrong is an error of the engine's, that no retry helps", () => {
  try {
    read("integer", "x");
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(MillraceError);
    expect(thrown).toMatchObject({ code: "ML1002", retryable: false });
  }
});

describe("what the help shows", () => {
  const shown = ({ placeholder, fallbackText }: OptionSpec<unknown>) => [placeholder, fallbackText];

  test.each<[OptionSpec<unknown>, string | undefined, string | undefined]>([
    [specs.text, "FILE", undefined],
    [specs.choice, "drop|update", undefined],
    [specs.integer, "N", undefined],
    [specs.bytes, "BYTES", undefined],
    [switchOption("say nothing"), undefined, undefined],
    [withFallback(specs.text, "out.jsonl"), "FILE", "out.jsonl"],
    [withFallback(specs.choice, "drop"), "drop|update", "drop"],
    [withFallback(specs.integer, 1_000_000), "N", "1000000"],
    [withFallback(specs.share, 0.07), "SHARE", "7%"],
    [withFallback(specs.share, 0.0001), "SHARE", "0.01%"],
    [withFallback(specs.duration, 90_000), "DURATION", "90s"],
    [withFallback(specs.durations, [60_000, 3_600_000]), "DURATION,...", "1m,1h"],
    [withFallback(specs.text, "x", "as the input says"), "FILE", "as the input says"],
    [specs.many, "FILE", undefined],
  ])("%o", (spec, placeholder, fallback) => {
    expect(shown(spec)).toEqual([placeholder, fallback]);
  });

  test("of the common options, each fallback is one that can be given", () => {
    for (const [name, spec] of Object.entries(pipelineOptions) as [string, OptionSpec<unknown>][]) {
      expect(spec.about, name).toMatch(/^[a-z].*[^.]$/);
      if (spec.fallbackText !== undefined) expect(spec.read([spec.fallbackText]), name).toEqual(spec.fallback);
    }
  });
});
