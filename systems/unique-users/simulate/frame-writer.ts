import type { Random } from "millrace";
import type { FragmentPool } from "./fragments.ts";

/** In one of so many frames time and user stand apart. */
const apartOneIn = 10;

/** The pair begins within this share of a frame: on average where it does in the frames that the system was first written for, after 39 %. */
const placeShare = 0.76;

/** Puts frames together from a pool of encoded fields. */
export class FrameWriter {
  readonly #pool: FragmentPool;
  readonly #random: Random;

  constructor(pool: FragmentPool, random: Random) {
    this.#pool = pool;
    this.#random = random;
  }

  /**
   * Writes a frame of about `targetBytes` at `at`, no newline, with two fields of its own in random order at a random place,
   * side by side, and in one frame of ten apart: texts in ASCII such as `"ts":1,`, empty for none. Returns where it ends. It may be longer than asked by one
   * fragment, or by what the two fields need.
   */
  write(into: Buffer, at: number, targetBytes: number, ts: string, uid: string): number {
    const { bytes, starts } = this.#pool;
    const random = this.#random;
    const stop = at + targetBytes - ts.length - uid.length - 2;
    const tsAt = at + random.next() * targetBytes * placeShare;
    const uidAt = random.below(apartOneIn) === 0 ? at + random.next() * targetBytes : tsAt;
    const tsFirst = tsAt === uidAt ? random.below(2) === 0 : tsAt < uidAt;
    let next = tsFirst ? ts : uid;
    let nextAt = Math.min(tsAt, uidAt);
    let last = tsFirst ? uid : ts;
    let end = at;
    into[end++] = 0x7b;
    while (end < stop) {
      if (end >= nextAt) {
        end += into.write(tsAt === uidAt ? next + last : next, end, "latin1");
        next = tsAt === uidAt ? "" : last;
        last = "";
        nextAt = next === "" ? Number.POSITIVE_INFINITY : Math.max(tsAt, uidAt);
      }
      const fragment = random.below(starts.length - 1);
      end += bytes.copy(into, end, starts[fragment]!, starts[fragment + 1]!);
    }
    end += into.write(next + last, end, "latin1");
    into[end === at + 1 ? end++ : end - 1] = 0x7d;
    return end;
  }
}
