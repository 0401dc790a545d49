import { deadLetterLines, MillraceError, type Sink, type Slice, type Source } from "millrace";
import { checkFiles, defineCommand, type NamedFile, runPipeline } from "millrace/command";
import { fileSink, fileSource, rawLines, stdinSource, stdoutSink } from "millrace/file";
import { countEncoder } from "./counts.ts";
import { type FrameFormat, frameFormat } from "./frame.ts";
import { options, type UniqueUsersValues } from "./options.ts";
import { type Count, uniqueUsers } from "./pipeline.ts";
import { summaryOf, summaryText } from "./summary.ts";

/** `millrace unique-users`: distinct users a window, from frames in files or a pipe. */
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
  ],
  options,
  run,
});

async function run(values: UniqueUsersValues): Promise<number> {
  const format = await frameFormat(values);
  const frames = sourceOf(values, format);
  await checkFiles({ inputs: inputsOf(values), outputs: outputsOf(values), state: values.state });
  const pipeline = uniqueUsers(
    {
      windowsMs: values.window,
      lagMs: values.lag,
      maxFutureMs: values["max-future"],
      idleMs: values.idle,
      late: values.late,
      allowedLatenessMs: values["allowed-lateness"],
      approximate: values.approx,
    },
    {
      frames,
      format,
      counts: countsOf(values),
      late: values["late-out"] === undefined ? undefined : fileSink(values["late-out"], { encoder: rawLines }),
      deadLetters: deadLettersOf(values),
    },
  );
  const { code, status } = await runPipeline(pipeline, values);
  if (status === undefined || values.summary === "none") return code;
  const summary = summaryOf(status);
  process.stderr.write(values.summary === "json" ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  return code;
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

function sourceOf(values: UniqueUsersValues, { framing }: FrameFormat): Source<Slice> {
  const paths = values.in.length === 0 ? ["-"] : values.in;
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

function countsOf(values: UniqueUsersValues): Sink<Count> {
  const encoder = countEncoder(values.window.length);
  return values.out === "-" ? stdoutSink({ encoder }) : fileSink(values.out, { encoder });
}

function deadLettersOf(values: UniqueUsersValues) {
  const path = values["dead-letters"];
  return path === undefined ? undefined : fileSink(path, { encoder: deadLetterLines });
}

function unusable(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}
