import {
  choiceOption,
  durationOption,
  durationsOption,
  integerOption,
  kafkaConfigOption,
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
      "FILE|-|kafka://HOST:PORT/TOPIC",
      "read frames from this file, plain, .gz or .zst, or from this Kafka topic; - is stdin, which is also read when none is given",
    ),
  ),
  out: withFallback(textOption("FILE|-|kafka://...", "write one JSON line a window here; - is stdout"), "-"),
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
  "late-out": textOption("FILE|kafka://...", "keep dropped late frames here, as they came"),
  "dead-letters": textOption(
    "FILE|kafka://...",
    "keep refused frames here, with reason, place and bytes; in a topic the bytes are the value, the rest headers",
  ),
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
  group: withFallback(
    textOption("NAME", "with Kafka: the consumer group; all processes of one group share the work"),
    "unique-users",
  ),
  "until-end": switchOption("with Kafka: end when everything is counted that is there now, by whichever process"),
  start: withFallback(
    choiceOption(["earliest", "latest"], "with Kafka: where a group begins that has not read the topic before"),
    "earliest",
  ),
  "exactly-once": switchOption("with Kafka: counts, state and offsets in one transaction; the default"),
  "at-least-once": switchOption(
    "with Kafka: counts are seen before state and offsets are committed; after a crash some come twice",
  ),
  "instance-id": textOption(
    "NAME",
    "with Kafka: this process's own name in the group: one that comes back under it within the session gets its partitions at once",
  ),
  workers: withFallback(
    integerOption("with Kafka: so many threads of this process, each a member of the group", { min: 1, max: 64 }),
    1,
  ),
  "kafka-config": kafkaConfigOption,
  ...pipelineOptions,
} as const;

/** Their values. */
export type UniqueUsersValues = OptionValues<typeof options>;
