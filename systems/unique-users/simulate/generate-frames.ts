import { type BadKind, badKinds } from "./bad-frames.ts";
import { type FrameFacts, FrameStream, frameBytesMax } from "./frame-stream.ts";
import { type FrameOptions, frameSettings } from "./options.ts";
import { type Truth, TruthBook } from "./truth.ts";

/** What was made so far, or in all. */
export interface FramesResult {
  /** Lines written, bad ones included. */
  frames: number;
  /** Bytes written, newlines included. */
  bytes: number;
  /** Frames sent late, in time for their window or not. */
  late: number;
  /** Frames with a hostile time. */
  future: number;
  /** Malformed frames. */
  bad: number;
  /** Malformed frames by what is wrong with them. */
  readonly badByKind: Record<BadKind, number>;
  /** Set at the end, when it was asked for. */
  truth?: Truth;
}

/**
 * Makes the frames `options` describe and hands them to `write`, a chunk of whole lines at a time. The same options give
 * the same bytes, whatever `chunkBytes` is. A chunk is valid until what `write` returns has settled; nothing is made
 * meanwhile. `onProgress` comes after every chunk with the figures so far, in an object that changes.
 * Rejects with `ML1002` for options that cannot be used, and with whatever `write` throws.
 */
export async function generateFrames(
  options: FrameOptions,
  write: (chunk: Uint8Array) => Promise<void> | void,
  onProgress?: (soFar: Readonly<FramesResult>) => void,
): Promise<FramesResult> {
  const settings = frameSettings(options);
  const stream = new FrameStream(settings);
  const book = settings.truth === undefined ? undefined : new TruthBook(settings.truth);
  const result = emptyResult();
  const buffer = Buffer.allocUnsafe(settings.chunkBytes + frameBytesMax);
  let at = 0;
  while (result.frames < settings.count) {
    at = stream.write(buffer, at);
    note(result, stream.facts, book);
    if (at < settings.chunkBytes && result.frames < settings.count) continue;
    await write(buffer.subarray(0, at));
    result.bytes += at;
    at = 0;
    onProgress?.(result);
  }
  if (book !== undefined) result.truth = book.finish();
  return result;
}

function emptyResult(): FramesResult {
  const badByKind = Object.fromEntries(badKinds.map((kind) => [kind, 0])) as Record<BadKind, number>;
  return { frames: 0, bytes: 0, late: 0, future: 0, bad: 0, badByKind };
}

function note(result: FramesResult, facts: FrameFacts, book: TruthBook | undefined): void {
  result.frames += 1;
  if (facts.kind === "bad") {
    result.bad += 1;
    result.badByKind[facts.bad] += 1;
  } else if (facts.kind === "future") {
    result.future += 1;
  } else {
    if (facts.kind === "delayed") result.late += 1;
    book?.add(facts.user, facts.seconds * 1_000);
  }
}
