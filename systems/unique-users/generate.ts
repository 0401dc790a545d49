import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Writable } from "node:stream";
import { formatBytes, MillraceError, reasonOf } from "millrace";
import {
  checkFiles,
  choiceOption,
  defineCommand,
  durationOption,
  durationsOption,
  integerOption,
  type NamedFile,
  type OptionValues,
  shareOption,
  textOption,
  withFallback,
} from "millrace/command";
import { generateFrames } from "./simulate/generate-frames.ts";
import { frameDefaults } from "./simulate/options.ts";
import { truthLines } from "./simulate/truth.ts";

const whole = Number.MAX_SAFE_INTEGER;
const options = {
  count: withFallback(integerOption("frames, bad ones included", { min: 0, max: whole }), frameDefaults.count),
  rate: withFallback(
    integerOption("frames in a second of event time", { min: 1, max: 1e9 }),
    frameDefaults.ratePerSecond,
  ),
  users: withFallback(integerOption("users to draw from", { min: 1, max: 2 ** 32 }), frameDefaults.users),
  bytes: withFallback(integerOption("average bytes of a line", { min: 64, max: 262_144 }), frameDefaults.bytes),
  delay: withFallback(durationOption("longest delay of a late frame"), frameDefaults.delayMs),
  late: withFallback(shareOption("share of frames that come late, by up to --delay"), frameDefaults.lateShare),
  future: withFallback(
    shareOption("share of frames with a hostile time, hours to years ahead"),
    frameDefaults.futureShare,
  ),
  bad: withFallback(shareOption("share of malformed frames, of every kind"), frameDefaults.badShare),
  seed: withFallback(
    integerOption("the same seed and options give the same bytes", { min: 0, max: 2 ** 32 - 1 }),
    frameDefaults.seed,
  ),
  out: withFallback(textOption("FILE|-", "where the frames go; - is stdout"), "-"),
  truth: textOption("FILE", "also write the exact expected counts here, from the generator's own bookkeeping"),
  window: withFallback(durationsOption("with --truth: sizes of the windows"), [60_000]),
  lag: withFallback(durationOption("with --truth: the lag the counting run will have"), 5_000),
  "max-future": withFallback(durationOption("with --truth: the --max-future the counting run will have"), 60_000),
  progress: withFallback(choiceOption(["auto", "off"], "show progress on a terminal"), "auto"),
} as const;

/** `millrace generate frames`: frames for `unique-users`, with everything in them that makes counting hard. */
export const generateFramesCommand = defineCommand({
  name: "generate frames",
  summary: "make frames for unique-users, and the exact counts to expect",
  about:
    "Makes JSON frames, one a line: ts and uid at random places among fields full of escapes, nesting, decoys and " +
    "non-Latin text; some late, some with hostile times, some malformed. The same seed gives the same bytes.",
  examples: [
    [
      "millrace generate frames --count 200000 --out frames.jsonl --truth truth.jsonl",
      "make frames and what to expect of them",
    ],
    ["millrace generate frames | millrace unique-users --in - --out counts.jsonl", "straight into the count"],
  ],
  options,
  run: generate,
});

async function generate(values: OptionValues<typeof options>): Promise<number> {
  await checkFiles({ inputs: [], outputs: outputsOf(values) });
  const out = values.out === "-" ? process.stdout : createWriteStream(values.out);
  const failed = new Promise<never>((_, reject) => out.once("error", reject));
  failed.catch(() => {});
  const truth = { windowsMs: values.window, lagMs: values.lag, maxFutureMs: values["max-future"] };
  const show = values.progress === "auto" && process.stderr.isTTY;
  try {
    const result = await generateFrames(
      {
        count: values.count,
        ratePerSecond: values.rate,
        users: values.users,
        bytes: values.bytes,
        delayMs: values.delay,
        lateShare: values.late,
        futureShare: values.future,
        badShare: values.bad,
        seed: values.seed,
        truth: values.truth === undefined ? undefined : truth,
      },
      (chunk) => Promise.race([written(out, chunk), failed]),
      (soFar) =>
        show &&
        process.stderr.write(`\r${Math.floor((100 * soFar.frames) / values.count)} % of ${values.count} frames`),
    );
    if (out !== process.stdout) await Promise.race([new Promise<void>((resolve) => out.end(resolve)), failed]);
    if (values.truth !== undefined && result.truth !== undefined)
      await writeFile(values.truth, truthLines(result.truth));
    const { frames, bytes, late, future, bad } = result;
    process.stderr.write(
      `${show ? "\r" : ""}${frames} frames, ${formatBytes(bytes)}: ${late} late, ${future} hostile, ${bad} malformed\n`,
    );
    return 0;
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "EPIPE") return 0;
    throw new MillraceError("ML4001", { message: `cannot write ${values.out}: ${reasonOf(cause)}`, cause });
  }
}

function outputsOf(values: OptionValues<typeof options>): NamedFile[] {
  const frames = { option: "--out", path: values.out, dash: true };
  return values.truth === undefined ? [frames] : [frames, { option: "--truth", path: values.truth }];
}

/** Resolves when the chunk's memory may be used again. */
function written(out: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => out.write(chunk, (error) => (error ? reject(error) : resolve())));
}
