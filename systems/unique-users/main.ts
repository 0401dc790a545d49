import { deadLetterLines, MillraceError, rawLines, type Sink, type Slice, type Source } from "millrace";
import { checkFiles, defineCommand, isKafkaAddress, type NamedFile, runPipeline, workerNumber } from "millrace/command";
import { fileSink, fileSource, stdinSource, stdoutSink } from "millrace/file";
import { countEncoder } from "./counts.ts";
import { type FrameFormat, frameFormat } from "./frame.ts";
import { options, type UniqueUsersValues } from "./options.ts";
import { type Count, type CountingRules, uniqueUsers } from "./pipeline.ts";
import { summaryOf, summaryText } from "./summary.ts";
import { Topics } from "./topics.ts";

/** `millrace unique-users`: distinct users a window, from frames in files, a pipe or a Kafka topic. */
export const uniqueUsersCommand = defineCommand({
  name: "unique-users",
  summary: "count distinct users per minute, hour, day from JSON frames",
  about:
    "Reads frames, JSON objects with ts (Unix seconds) and uid at their root, and writes one line for each window when " +
    "event time has passed it: the number of distinct users. Late frames, hostile timestamps and malformed input are " +
    "counted, and kept when there is a file for them. With --state DIR the output is exact across crashes.",
  examples: [
    ["millrace generate frames --count 100000 --out frames.jsonl", "make some input"],
    ["millrace unique-users --in frames.jsonl --window 1m,1h", "count by minute and hour"],
    [
      "gzip -dc frames.jsonl.gz | millrace unique-users --in - --lag 20s",
      "from a pipe, with more patience for late frames",
    ],
    [
      "millrace unique-users --in app.log --follow --state ./state --out counts.jsonl",
      "follow a growing file; killed and started again, the output is as if nothing had happened",
    ],
    [
      "millrace unique-users --in kafka://localhost:9092/frames --out kafka://localhost:9092/counts --group counts",
      "from topic to topic, exactly once; start it as often as there are machines, and they share the work",
    ],
    [
      "millrace unique-users --in kafka://kafka.example:9093/frames --kafka-config kafka.json",
      'from a guarded cluster; kafka.json: {"sasl": {"mechanism": "SCRAM-SHA-512", "username": "...", "password": "..."}, "tls": true}',
    ],
  ],
  options,
  stopsWell: true,
  run,
});

async function run(values: UniqueUsersValues): Promise<number> {
  const topics = [...values.in, ...outputsOf(values).map(({ path }) => path)].some(isKafkaAddress)
    ? await Topics.open(values)
    : undefined;
  if (topics === undefined && values["kafka-config"] !== undefined) {
    throw unusable("--kafka-config is for Kafka; give kafka://... in --in or --out");
  }
  checkPlace(values);
  const format = await frameFormat(values);
  const frames = sourceOf(values, format, topics);
  await checkFiles({
    inputs: inputsOf(values).filter(({ path }) => !isKafkaAddress(path)),
    outputs: outputsOf(values).filter(({ path }) => !isKafkaAddress(path)),
    state: values.state,
  });
  const pipeline = uniqueUsers(rulesOf(values), {
    frames,
    format,
    counts: countsOf(values, topics),
    late: lateOf(values, topics),
    deadLetters: deadLettersOf(values, topics),
  });
  if (!values.explain && workerNumber() === undefined) {
    await topics?.prepare(
      outputsOf(values)
        .map(({ path }) => path)
        .filter(isKafkaAddress),
    );
  }
  const { code, status } = await runPipeline(pipeline, values, isInGroup(values) ? topics?.place() : undefined);
  if (status === undefined || values.summary === "none") return code;
  const summary = summaryOf(status);
  process.stderr.write(values.summary === "json" ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  return code;
}

function rulesOf(values: UniqueUsersValues): CountingRules {
  return {
    windowsMs: values.window,
    lagMs: values.lag,
    maxFutureMs: values["max-future"],
    idleMs: values.idle,
    late: values.late,
    allowedLatenessMs: values["allowed-lateness"],
    approximate: values.approx,
  };
}

/** A topic is read by a group, unless a folder keeps the state: then this process reads all of it on its own. */
function isInGroup({ in: inputs, state }: UniqueUsersValues): boolean {
  return inputs.some(isKafkaAddress) && state === undefined;
}

/** Throws `ML1002` at options that do not go with where the run takes place. */
function checkPlace(values: UniqueUsersValues): void {
  if (values["exactly-once"] && values["at-least-once"]) {
    throw unusable("--exactly-once and --at-least-once exclude each other; give one of them, or none for exactly-once");
  }
  if (isInGroup(values)) {
    if (values.in.length > 1) throw unusable("--in: a group reads one address; several topics are several groups");
    if (values.follow) throw unusable("--follow is for files; a topic is followed anyway, unless --until-end is given");
    if (values.timeout !== undefined) throw unusable("--timeout is for files and pipes; end with --until-end instead");
    const file = outputsOf(values).find(({ path }) => path !== "-" && !isKafkaAddress(path));
    if (file !== undefined) {
      throw unusable(
        `${file.option}: the processes of a group cannot share a file; give kafka://..., or keep --state and run alone`,
      );
    }
    return;
  }
  if (values.workers > 1) throw unusable("--workers: threads share the work of a Kafka group; give --in kafka://...");
  if (values["until-end"] && !values.in.some(isKafkaAddress)) {
    throw unusable("--until-end is for Kafka; files are read to their end anyway");
  }
}

function inputsOf(values: UniqueUsersValues): NamedFile[] {
  const paths = values.in.length === 0 ? ["-"] : values.in;
  return paths.map((path) => ({ option: "--in", path, dash: true }));
}

function outputsOf(values: UniqueUsersValues): NamedFile[] {
  const files: NamedFile[] = [{ option: "--out", path: values.out, dash: true }];
  for (const name of ["late-out", "dead-letters"] as const) {
    if (values[name] !== undefined) files.push({ option: `--${name}`, path: values[name] });
  }
  return files;
}

function sourceOf(values: UniqueUsersValues, { framing }: FrameFormat, topics: Topics | undefined): Source<Slice> {
  const paths = values.in.length === 0 ? ["-"] : values.in;
  const address = paths.find(isKafkaAddress);
  if (address !== undefined && paths.length > 1) throw unusable("--in: a topic cannot be one of several inputs");
  if (address !== undefined) return topics!.frames(address);
  if (!paths.includes("-")) return fileSource(paths, { framing, follow: values.follow });
  if (paths.length > 1) throw unusable("--in: stdin cannot be one of several inputs; cat the files into it");
  if (values.in.length === 0 && process.stdin.isTTY) {
    throw unusable(
      "--in: nothing to read; give a file, or pipe frames in (try: millrace generate frames | millrace unique-users)",
    );
  }
  if (values.state !== undefined) {
    throw unusable("--state: stdin cannot be read again after a crash; write the frames to a file and give that");
  }
  return stdinSource({ framing });
}

function countsOf(values: UniqueUsersValues, topics: Topics | undefined): Sink<Count> {
  if (isKafkaAddress(values.out)) return topics!.counts(values.out);
  const encoder = countEncoder(values.window.length);
  return values.out === "-" ? stdoutSink({ encoder }) : fileSink(values.out, { encoder });
}

function lateOf({ "late-out": path }: UniqueUsersValues, topics: Topics | undefined): Sink<unknown> | undefined {
  if (path === undefined) return undefined;
  return isKafkaAddress(path) ? topics!.late(path) : fileSink(path, { encoder: rawLines });
}

function deadLettersOf({ "dead-letters": path }: UniqueUsersValues, topics: Topics | undefined) {
  if (path === undefined) return undefined;
  return isKafkaAddress(path) ? topics!.deadLetters(path) : fileSink(path, { encoder: deadLetterLines });
}

function unusable(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}
