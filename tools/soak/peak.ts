import { createWriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { generateFrames } from "../../systems/unique-users/simulate/generate-frames.ts";
import type { FrameOptions } from "../../systems/unique-users/simulate/options.ts";
import { SoakJob, until } from "./job.ts";

/** How many bytes a second the job takes when the input is there already; its state and outputs go where `args` say. */
export async function peakOf(args: readonly string[], path: string, frames: FrameOptions): Promise<number> {
  await writeFile(path, "");
  const out = createWriteStream(path);
  const write = (chunk: Uint8Array) => new Promise<void>((resolve) => out.write(chunk, () => resolve()));
  const { bytes } = await generateFrames(frames, write);
  await new Promise<void>((resolve) => out.end(resolve));
  const job = new SoakJob(args);
  let bytesPerSecond = 0;
  const done = await until(async () => {
    const status = await job.status();
    const source = status?.sources[0];
    if (source === undefined || source.doneBytes !== bytes) return false;
    bytesPerSecond = (1_000 * bytes) / (status!.elapsedMs - source.silentMs);
    return true;
  }, 120_000);
  await job.end("SIGKILL");
  await rm(path);
  if (!done) throw new Error(`the job read no ${bytes} bytes in two minutes: ${job.complaints.at(-1)}`);
  return bytesPerSecond;
}
