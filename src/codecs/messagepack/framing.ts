import type { Framer, Frames, Framing } from "../framing.ts";
import { ValueFinder } from "./value-finder.ts";

/**
 * Records are MessagePack values one after another, with nothing between them. A stream that ends within a value gives a
 * refused record, `"record cut off"`.
 *
 * Nothing in the format marks where a value begins, so damage is not contained as it is with lines: a byte that begins no
 * value (0xc1), or arrays and maps more than 512 deep, end the record under way, which no decoder takes, and the next
 * record begins right behind; a wrong length swallows what follows, up to 4 GB of it, as one refused record. Fragments
 * found after damage may be values too, so decode with a schema or with `pick`. Where streams may be damaged, put a
 * length before each value: `lengthPrefixed()`.
 */
export const framing: Framing = {
  name: "messagepack",
  headBytes: 0,
  tailBytesMax: 0,
  tooLong: "record too long",
  cutOff: "record cut off",
  open: () => new ValueFramer(),
};

class ValueFramer implements Framer {
  readonly #finder = new ValueFinder();

  split(bytes: Buffer, start: number, from: number, frames: Frames, framesMax: number): number {
    let begin = start;
    let at = from;
    while (frames.size < framesMax) {
      const end = this.#finder.find(bytes, at, bytes.length);
      if (end === -1) break;
      frames.bounds[2 * frames.size] = begin;
      frames.bounds[2 * frames.size + 1] = end;
      frames.size++;
      begin = at = end;
    }
    return begin;
  }
}
