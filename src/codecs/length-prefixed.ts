import type { Framer, Frames, Framing } from "./framing.ts";

const headBytes = 4;

/**
 * Records with their length before them, 4 bytes, big-endian, unsigned: for content that may hold any byte, such as
 * MessagePack or Protocol Buffers. A stream that ends within a record gives a refused one, `"record cut off"`.
 */
export function lengthPrefixed(): Framing {
  return {
    name: "length-prefixed",
    headBytes,
    tailBytesMax: 0,
    tooLong: "record too long",
    cutOff: "record cut off",
    open: () => new LengthFramer(),
    writeHead: (into, at, length) => {
      into.writeUInt32BE(length, at);
    },
  };
}

class LengthFramer implements Framer {
  /** Bytes of the record under way that were not seen yet; -1 while its length itself is not whole. */
  #missing = -1;

  split(bytes: Buffer, start: number, from: number, frames: Frames, framesMax: number): number {
    let begin = start;
    let seen = from;
    while (frames.size < framesMax) {
      if (this.#missing < 0) {
        if (bytes.length - begin < headBytes) break;
        this.#missing = bytes.readUInt32BE(begin);
        seen = begin + headBytes;
      }
      if (bytes.length - seen < this.#missing) {
        this.#missing -= bytes.length - seen;
        break;
      }
      seen += this.#missing;
      this.#missing = -1;
      frames.bounds[2 * frames.size] = begin + headBytes;
      frames.bounds[2 * frames.size + 1] = seen;
      frames.size++;
      begin = seen;
    }
    return begin;
  }
}
