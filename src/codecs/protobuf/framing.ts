import type { Framer, Frames, Framing } from "../framing.ts";
import { LengthReader } from "./length.ts";

/**
 * Records are messages with their length before them as a varint: the format of `writeDelimitedTo` and
 * `parseDelimitedFrom` in other languages. The length belongs to the record's bytes, so decode and encode them with
 * `protobuf.delimited(schema)`. A stream that ends within a record gives a refused one, `"record cut off"`.
 *
 * A length that is none (more than 5 bytes, or 2 GiB and more) ends its record, which no decoder takes, and the next record begins
 * right behind, though that may well be the middle of something: the format has no mark from which to find the way back.
 */
export const framing: Framing = {
  name: "delimited protobuf",
  headBytes: 0,
  tailBytesMax: 0,
  tooLong: "record too long",
  cutOff: "record cut off",
  open: () => new DelimitedFramer(),
};

class DelimitedFramer implements Framer {
  readonly #reader = new LengthReader();
  /** Bytes of the message under way that were not seen yet; -1 while its length itself is not whole. */
  #missing = -1;

  split(bytes: Buffer, start: number, from: number, frames: Frames, framesMax: number): number {
    let begin = start;
    let at = from;
    while (frames.size < framesMax) {
      while (this.#missing < 0 && at < bytes.length) {
        if (this.#reader.push(bytes[at++]!)) this.#missing = Math.max(0, this.#reader.length);
      }
      if (this.#missing < 0) break;
      if (bytes.length - at < this.#missing) {
        this.#missing -= bytes.length - at;
        break;
      }
      at += this.#missing;
      this.#missing = -1;
      frames.bounds[2 * frames.size] = begin;
      frames.bounds[2 * frames.size + 1] = at;
      frames.size++;
      begin = at;
    }
    return begin;
  }
}
