import {
  createLogger,
  type Decoder,
  json,
  lines,
  Malformed,
  MillraceError,
  type Pipeline,
  type Slice,
  type Source,
  stream,
} from "millrace";
import {
  checkFiles,
  choiceOption,
  defineCommand,
  integerOption,
  type KafkaAddress,
  type KafkaConfig,
  kafkaAddress,
  kafkaConfigOption,
  kafkaConnector,
  type OptionValues,
  pipelineOptions,
  runPipeline,
  textOption,
  withFallback,
  withMany,
} from "millrace/command";
import { fileSource, stdinSource } from "millrace/file";
import { summaryOf, summaryText } from "./load-summary.ts";

const options = {
  from: withMany(
    textOption(
      "FILE|-",
      "read lines from this file, plain, .gz or .zst; - is stdin, which is also read when none is given",
    ),
  ),
  to: textOption("ADDRESS", "the topic, as kafka://HOST:PORT/TOPIC"),
  partitions: integerOption(
    "make the topic with so many partitions if it is not there; without it, as the cluster does",
    {
      min: 1,
      max: 100_000,
    },
  ),
  "key-field": textOption(
    "NAME",
    "take each record's key from this field of its JSON: records of one key go to one partition; a line without it gets no key",
  ),
  compression: withFallback(
    choiceOption(
      ["none", "gzip", "snappy", "lz4", "zstd"],
      "what batches are packed with on their way and in the topic",
    ),
    "zstd",
  ),
  "kafka-config": kafkaConfigOption,
  ...pipelineOptions,
} as const;

type LoadValues = OptionValues<typeof options>;
type Kafka = Awaited<ReturnType<typeof kafkaConnector>>;
/** The topic, and all that it takes to reach its cluster. */
type Place = KafkaAddress & KafkaConfig;

/** `millrace load`: fills a Kafka topic with the lines of files. */
export const loadCommand = defineCommand({
  name: "load",
  summary: "fill a Kafka topic with the lines of a file, as fast as the broker takes them",
  about:
    "Writes each line, without its line break, as the value of a record. Records without a key are spread over all " +
    "partitions, a batch to each in turn. A missing topic is made. With --state DIR a load that was cut off goes on " +
    "where its last checkpoint was; what it had written after that is written again.",
  examples: [
    ["millrace generate frames --count 100000 --out frames.jsonl", "make some input"],
    [
      "millrace load --from frames.jsonl --to kafka://localhost:9092/frames --partitions 4",
      "spread it over 4 partitions",
    ],
    [
      "gzip -dc frames.jsonl.gz | millrace load --from - --to kafka://localhost:9092/frames --key-field uid",
      "from a pipe, all frames of a user in one partition",
    ],
    [
      "millrace load --from frames.jsonl --to kafka://kafka.example:9093/frames --kafka-config kafka.json",
      'into a guarded cluster; kafka.json: {"sasl": {"mechanism": "SCRAM-SHA-512", "username": "...", "password": "..."}, "tls": true}',
    ],
  ],
  options,
  stopsWell: true,
  run,
});

async function run(values: LoadValues): Promise<number> {
  const place = placeOf(values);
  const source = sourceOf(values);
  await checkFiles({ inputs: inputsOf(values), outputs: [], state: values.state });
  const kafka = await kafkaConnector();
  const pipeline = loading(kafka, values, source, place);
  if (!values.explain) await prepareTopic(kafka, values, place);
  const { code, status } = await runPipeline(pipeline, values);
  if (status === undefined || values.summary === "none") return code;
  const summary = summaryOf(status);
  const text = values.summary === "json" ? `${JSON.stringify(summary)}\n` : summaryText(summary, values.to!);
  process.stderr.write(text);
  return code;
}

function placeOf({ to, "kafka-config": config }: LoadValues): Place {
  if (to === undefined) throw unusable("--to: missing; give the topic as kafka://HOST:PORT/TOPIC");
  return { ...kafkaAddress(to), ...config };
}

function loading(kafka: Kafka, values: LoadValues, source: Source<Slice>, place: Place): Pipeline {
  const field = values["key-field"];
  const sink = kafka.kafkaSink<Slice>({
    ...place,
    clientId: "millrace-load",
    compression: values.compression,
    encoder: { name: "the line", encode: ({ buffer, start, end }) => buffer.subarray(start, end) },
    ...(field === undefined ? {} : { key: keyOfLine(field) }),
  });
  return stream("lines", source).to("topic", sink);
}

/** A line's key: the text of a field; none for a line that is not JSON or lacks it, which is loaded all the same. */
function keyOfLine(field: string): (line: Slice) => string | null {
  const decoder: Decoder<Readonly<Record<string, string>>> = json.pick({ [field]: json.id });
  return ({ buffer, start, end }) => {
    const picked = decoder.decode(buffer, start, end);
    return picked instanceof Malformed ? null : picked[field]!;
  };
}

function sourceOf(values: LoadValues): Source<Slice> {
  const paths = pathsOf(values);
  if (!paths.includes("-")) return fileSource(paths, { framing: lines });
  if (paths.length > 1) throw unusable("--from: stdin cannot be one of several inputs; cat the files into it");
  if (values.from.length === 0 && process.stdin.isTTY) throw unusable("--from: nothing to read; give a file");
  if (values.state !== undefined) throw unusable("--state: stdin cannot be read again after a crash; give a file");
  return stdinSource({ framing: lines });
}

function inputsOf(values: LoadValues) {
  return pathsOf(values).map((path) => ({ option: "--from", path, dash: true }));
}

function pathsOf({ from }: LoadValues): readonly string[] {
  return from.length === 0 ? ["-"] : from;
}

/** Says when the topic is not as asked for: how many partitions it has decides how far a reader can be spread. */
async function prepareTopic(kafka: Kafka, { partitions, log }: LoadValues, place: Place) {
  const { topic } = place;
  const logger = createLogger({ level: log });
  const tell = (message: string) => logger.warn(message);
  const found = await kafka.ensureTopic({ ...place, tell, ...(partitions === undefined ? {} : { partitions }) });
  const has = `topic ${topic} has ${found.partitions} partition${found.partitions === 1 ? "" : "s"}`;
  if (found.made) logger.info(`${has}: it was made just now`);
  else if (partitions === undefined || partitions === found.partitions) logger.info(`${has}, and was there already`);
  else logger.warn(`${has}, and was there already: --partitions ${partitions} changes nothing`);
}

function unusable(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}
