import {
  choiceOption,
  durationOption,
  durationsOption,
  type OptionValues,
  pipelineOptions,
  shareOption,
  switchOption,
  textOption,
  withFallback,
  withMany,
} from "millrace/command";

/** The options of `millrace unique-users`. */
export const options = {
  in: withMany(
    textOption(
      "FILE|-",
      "read frames from this file, plain, .gz or .zst; - is stdin, which is also read when none is given",
    ),
  ),
  out: withFallback(textOption("FILE|-", "write one JSON line a window here; - is stdout"), "-"),
  window: withFallback(durationsOption("sizes of the windows"), [60_000]),
  lag: withFallback(durationOption("a window fires when the highest time seen is this far past its end"), 5_000),
  "max-future": withFallback(
    durationOption("a frame further ahead than this waits until the stream itself has moved on"),
    60_000,
  ),
  idle: withFallback(durationOption("flush open windows when live input has been silent for so long"), 10_000),
  late: withFallback(choiceOption(["drop", "update"], "what becomes of a frame whose window has fired"), "drop"),
  "allowed-lateness": withFallback(
    durationOption("with --late update: how long after its end a window is still corrected"),
    3_600_000,
  ),
  "late-out": textOption("FILE", "keep dropped late frames in this file, as they came"),
  "dead-letters": textOption("FILE", "keep refused frames in this file, with reason, place and bytes"),
  approx: shareOption("count with about this error instead of exactly, in a few KB a window"),
  strict: switchOption("accept exactly what JSON.parse accepts, instead of reading only up to the last field needed"),
  follow: switchOption("go on reading files as they grow, rotate or are truncated"),
  "ts-field": withFallback(textOption("NAME", "the field with the time"), "ts"),
  "uid-field": withFallback(textOption("NAME", "the field with the user"), "uid"),
  "ts-unit": withFallback(choiceOption(["s", "ms"], "what the time counts since 1970"), "s"),
  format: withFallback(
    choiceOption(
      ["json", "messagepack"],
      "how frames are encoded: JSON lines, or MessagePack values one after another",
    ),
    "json",
  ),
  ...pipelineOptions,
} as const;

/** Their values. */
export type UniqueUsersValues = OptionValues<typeof options>;
