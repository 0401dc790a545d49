import type { Random } from "millrace";
import { lineBytesMax } from "./options.ts";

/** What a bad frame is made from. */
export interface BadFrameParts {
  readonly random: Random;
  /** The time the frame would have, in Unix seconds. */
  readonly seconds: number;
  /** The fields a good frame would have, `"ts":1,` and `"uid":"a",`. */
  readonly ts: string;
  readonly uid: string;
  /** A frame with these two fields among others, without newline, in memory of its own. */
  frame(ts: string, uid: string): Buffer;
}

/**
 * One maker for each kind of badness; it gives a line without newline. What it makes is bad for a decoder that reads the
 * whole frame as well as for one that stops after `ts` and `uid`: the damage comes first, or shows in the last byte.
 */
const makers = {
  "not JSON": (parts) => pick(parts.random, [damagedStart, notANumber, otherText])(parts),
  truncated: truncatedFrame,
  "no ts": ({ frame, seconds, uid }) => frame(`"navis":{"ts":${seconds}},`, uid),
  "no uid": ({ frame, ts, uid }) => frame(ts, `"navis":[{${uid.slice(0, -1)}}],`),
  "ts of wrong type": (parts) => parts.frame(`"ts":${pick(parts.random, wrongTimes(parts.seconds))},`, parts.uid),
  "uid of wrong type": (parts) => parts.frame(parts.ts, `"uid":${pick(parts.random, wrongIds)},`),
  "negative ts": ({ frame, random, seconds, uid }) =>
    frame(`"ts":${pick(random, [`-${seconds}`, `"-${seconds}"`, "-1", "-1e9"])},`, uid),
  "absurd ts": ({ frame, random, uid }) => frame(`"ts":${pick(random, absurdTimes)},`, uid),
  "nested too deep": tooDeep,
  "invalid UTF-8": (parts) => (parts.random.below(3) === 0 ? utf16Frame(parts) : strayBytes(parts)),
  "empty line": () => Buffer.alloc(0),
  "not an object": notAnObject,
  "over-long line": overLong,
} satisfies Record<string, (parts: BadFrameParts) => Buffer>;

/** A kind of badness. */
export type BadKind = keyof typeof makers;

/** Every kind of badness. */
export const badKinds = Object.keys(makers) as readonly BadKind[];

/** Over-long lines in one run: each costs as much as hundreds of frames. */
export const overLongMax = 3;

/** Deals kinds of badness so that each comes once before any comes again, but for over-long lines, of which there are few. */
export class BadFrames {
  readonly #random: Random;
  #deck: BadKind[] = [];
  #overLong = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The kind of the next bad frame. */
  next(): BadKind {
    if (this.#deck.length === 0) {
      this.#deck = badKinds.filter((kind) => kind !== "over-long line" || this.#overLong < overLongMax);
    }
    const [kind] = this.#deck.splice(this.#random.below(this.#deck.length), 1);
    if (kind === "over-long line") this.#overLong += 1;
    return kind!;
  }
}

/** A line of that kind: never with a newline in it, empty for `"empty line"`. */
export function badFrame(kind: BadKind, parts: BadFrameParts): Buffer {
  return makers[kind](parts);
}

const wrongIds = ["null", "true", "false", "[]", "{}", '["a"]', '{"uid":"a"}'];
const absurdTimes = ["1e30", "1e400", '"1e30"', "99999999999999999999", '"99999999999999999999"'];
const wrongTimes = (seconds: number) => [
  "null",
  "true",
  "[]",
  `[${seconds}]`,
  `{"ts":${seconds}}`,
  '"abc"',
  '""',
  '"12 o\'clock"',
  `"${seconds}s"`,
];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)]!;
}

function behindBrace(start: string, frame: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{${start}`, "latin1"), frame.subarray(1)]);
}

function damagedStart({ frame, random, ts, uid }: BadFrameParts): Buffer {
  return behindBrace(pick(random, [",", "{", "lapis:1,", "'lapis':1,", '"lapis" 1,', '"lapis",']), frame(ts, uid));
}

function notANumber({ frame, random, seconds, uid }: BadFrameParts): Buffer {
  return frame(`"ts":${pick(random, ["NaN", `+${seconds}`, `0${seconds}`, "0x68", `${seconds}.`, "undefined"])},`, uid);
}

function otherText({ random, seconds, uid }: BadFrameParts): Buffer {
  const id = uid.slice(0, -1);
  const lines = [
    "GET /panis HTTP/1.1",
    "<p>ventus</p>",
    `${seconds};${id}`,
    `ts=${seconds} ${id}`,
    "NaN",
    "\u0000",
    "-",
  ];
  return Buffer.from(pick(random, lines));
}

/** Cut anywhere, but not so that the rest ends as an object does. */
function truncatedFrame({ frame, random, ts, uid }: BadFrameParts): Buffer {
  const whole = frame(ts, uid);
  let length = 1 + random.below(whole.length - 1);
  while (whole[length - 1] === 0x7d || whole[length - 1]! <= 0x20) length -= 1;
  return whole.subarray(0, length);
}

/** Thousands of levels, of which one is never closed: depth alone is no error. */
function tooDeep({ frame, random, ts, uid }: BadFrameParts): Buffer {
  const levels = 3_000 + random.below(5_000);
  const [open, close] = pick(random, [
    ["[", "]"],
    ['{"ts":', "}"],
    ['[{"uid":', "}]"],
  ] as const);
  return behindBrace(`"mons":${open.repeat(levels)}1${close.repeat(levels - 1)},`, frame(ts, uid));
}

/** Bytes that no UTF-8 has, within a string and between two fields. */
function strayBytes({ frame, random, ts, uid }: BadFrameParts): Buffer {
  const stray = pick(random, ["\xc3(", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf0\x9f"]);
  return behindBrace(`"vitrum":"${stray}",${stray}`, frame(ts, uid));
}

function utf16Frame({ ts, uid }: BadFrameParts): Buffer {
  return Buffer.from(`\ufeff{${ts}${uid.slice(0, -1)}}`, "utf16le");
}

function notAnObject({ frame, random, seconds, ts, uid }: BadFrameParts): Buffer {
  const text = `{${ts}${uid.slice(0, -1)}}`;
  if (random.below(2) === 0) return Buffer.concat([Buffer.from("["), frame(ts, uid), Buffer.from("]")]);
  return Buffer.from(pick(random, [`[${text}]`, JSON.stringify(text), `${seconds}`, "null", "true", "[]"]));
}

/** A good frame but for its length. */
function overLong({ random, ts, uid }: BadFrameParts): Buffer {
  const padding = Buffer.alloc(lineBytesMax + random.below(65_536), "lapis ");
  return Buffer.concat([Buffer.from(`{${ts}${uid}"lapis":"`), padding, Buffer.from('"}')]);
}
