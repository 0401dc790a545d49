import type { Framer, Frames, Framing } from "../../codecs/framing.ts";
import { lines } from "../../codecs/lines.ts";

const lineFeed = 10;

/**
 * Lines of one connection, with or without their ends. With them a record is every byte of a line as it was read, and a
 * length bound counts them. One object a connection, since only when it ends is it known what a half line is worth.
 */
export class LineFraming implements Framing {
  readonly name: string;
  readonly headBytes = 0;
  readonly tailBytesMax: number;
  readonly tooLong = lines.tooLong;
  /** Why a last line without its end is refused; undefined: it is a record. Read when the connection ends. */
  cutOff: string | undefined;
  readonly #keepEnds: boolean;

  constructor(keepEnds: boolean) {
    this.#keepEnds = keepEnds;
    this.name = keepEnds ? "lines with their ends" : lines.name;
    this.tailBytesMax = keepEnds ? 0 : lines.tailBytesMax;
  }

  open(): Framer {
    return this.#keepEnds ? { split: splitWholeLines } : lines.open();
  }
}

function splitWholeLines(bytes: Buffer, start: number, from: number, frames: Frames, framesMax: number): number {
  const { bounds } = frames;
  let { size } = frames;
  let begin = start;
  let look = from;
  while (size < framesMax) {
    const end = bytes.indexOf(lineFeed, look);
    if (end === -1) break;
    bounds[2 * size] = begin;
    begin = look = end + 1;
    bounds[2 * size + 1] = begin;
    size += 1;
  }
  frames.size = size;
  return begin;
}
