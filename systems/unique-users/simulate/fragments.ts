import type { Random } from "millrace";
import { accentedWords, latinWords, otherScripts } from "./words.ts";

/** Encoded fields, `"key":value,` each, in one buffer: field `i` lies from `starts[i]` to `starts[i + 1]`. */
export interface FragmentPool {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
}

const fragmentsMax = 4_096;
const fragmentBytesMax = 400;

/**
 * Fields to put frames together from, none with the key `ts` or `uid` at its own level, none longer than `bytesMax`.
 * Made once a run, so that a frame costs copies only.
 */
export function fragmentPool(random: Random, bytesMax: number): FragmentPool {
  const limit = Math.min(bytesMax, fragmentBytesMax);
  const encoded: Buffer[] = [];
  while (encoded.length < fragmentsMax) {
    const fragment = Buffer.from(`${keyText(random)}${colon(random)}${valueText(random, 0)},`);
    if (fragment.length <= limit) encoded.push(fragment);
  }
  const starts = new Uint32Array(encoded.length + 1);
  for (const [i, fragment] of encoded.entries()) starts[i + 1] = starts[i]! + fragment.length;
  return { bytes: Buffer.concat(encoded), starts };
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!;
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const colon = (random: Random) => (random.below(40) === 0 ? " : " : ":");

const oddKeys = [
  "",
  "t",
  "TS",
  "Uid",
  "uids",
  "xts",
  "ts ",
  " uid",
  "ts.uid",
  'ts":1',
  "\\",
  "}",
  "ключ",
  "鍵",
  "constructor",
];

function keyText(random: Random): string {
  if (random.below(12) > 0) return `"${pick(random, latinWords)}"`;
  return random.below(2) === 0
    ? JSON.stringify(pick(random, oddKeys))
    : unicodeEscaped(pick(random, latinWords), random);
}

/** A JSON value; two times in three a string, since that is where the traps are. */
function valueText(random: Random, depth: number): string {
  const roll = random.below(100);
  if (roll < 46) return escapedText(random);
  if (roll < 51) return `"${times(3 + random.below(5), () => pick(random, latinWords)).join(" ")}"`;
  if (roll < 57) return otherScriptText(random);
  if (roll < 62) return unicodeEscaped(pick(random, accentedWords), random);
  if (roll < 67) return JSON.stringify(decoyText(random));
  if (roll < 75) return numberText(random);
  if (roll < 81) return pick(random, ["true", "false", "null"]);
  if (roll < 86) return pick(random, ["[]", "{}", "[ ]", '""']);
  if (depth >= 4) return "[[]]";
  return random.below(2) === 0 ? arrayText(random, depth + 1) : objectText(random, depth + 1);
}

const escapes = ["\\n", "\\f", "\\t", '\\"', "\\\\", "\\r", "\\b", "\\/"];

/** Words with one kind of escape between them. */
function escapedText(random: Random): string {
  const between = pick(random, escapes);
  return `"${times(4 + random.below(6), () => pick(random, latinWords)).join(between)}"`;
}

function otherScriptText(random: Random): string {
  const script = pick(random, otherScripts);
  const text = times(2 + random.below(4), () => pick(random, script)).join(" ");
  return random.below(4) === 0 ? unicodeEscaped(text, random) : JSON.stringify(text);
}

/** The text as a string in which what is not ASCII, and now and then what is, stands as `\u` and four digits. */
function unicodeEscaped(text: string, random: Random): string {
  const units = Array.from({ length: text.length }, (_, i) => {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit < 0x7f && random.below(5) > 0) return text[i]!;
    const digits = unit.toString(16).padStart(4, "0");
    return `\\u${random.below(2) === 0 ? digits : digits.toUpperCase()}`;
  });
  return `"${units.join("")}"`;
}

/** Text that looks like what a hasty reader searches for, or like the end of something. */
function decoyText(random: Random): string {
  const number = random.below(2_000_000_000);
  return pick(random, [
    `"ts":${number}`,
    `{"ts":${number},"uid":"${number.toString(16)}"}`,
    `,"uid":"${number.toString(16)}",`,
    '"}',
    "}\n{",
    '\\","ts":1',
    "\\",
    "\\\\",
    '"uid"',
    "ts",
    "]}]}",
    `${pick(random, latinWords)}\u2028${pick(random, latinWords)}\u007f`,
    "\u0000\u001f",
  ]);
}

function numberText(random: Random): string {
  const whole = random.below(1_000_000);
  return pick(random, [
    `${random.below(100)}`,
    `${whole}`,
    `-${whole}`,
    random.next().toFixed(1 + random.below(12)),
    `${whole}.5e-${random.below(20)}`,
    `${random.below(10)}E+${random.below(300)}`,
    `17${whole}00`,
    "0",
    "-0",
    "12345678901234567890",
  ]);
}

function arrayText(random: Random, depth: number): string {
  return `[${times(1 + random.below(4), () => valueText(random, depth)).join(random.below(20) === 0 ? " , " : ",")}]`;
}

function objectText(random: Random, depth: number): string {
  const members = times(1 + random.below(3), () => {
    const key = random.below(3) === 0 ? keyText(random) : pick(random, ['"ts"', '"uid"']);
    return `${key}${colon(random)}${nestedText(key, random, depth)}`;
  });
  return `{${members.join(",")}}`;
}

/** Under a decoy key often the very thing that stands at the root. */
function nestedText(key: string, random: Random, depth: number): string {
  if (random.below(2) === 0) return valueText(random, depth);
  if (key === '"ts"') return `${1_700_000_000 + random.below(100_000_000)}`;
  return `"${times(19, () => random.below(16).toString(16)).join("")}"`;
}
