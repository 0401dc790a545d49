import type { Random } from "../../src/core/random.ts";

const keys = [
  ...["ts", "uid", "n", "ok", "name", "__proto__"],
  ...["a", "b", "", "tsx", "ui", "ut", "st", "Ключ", "constructor", "k", "o", "key", "names", "uids", "TS"],
];
const escapedKeys = [
  '"\\u0074s"',
  '"t\\u0073"',
  '"\\u0075id"',
  '"ui\\u0064"',
  '"\\n"',
  '"n\\\\"',
  '"\\"ts"',
  '"\\u004e"',
  '"\\u0054S"',
  '"t\\u00e9s"',
  '"t\\u0073\\ud83d\\ude00"',
  '"t\\u0073, and more than any name has"',
  '"t\\x73"',
  '"t\\u007"',
  '"t\\u0073\\q"',
  '"t\\u0073\u0001"',
];
const numbers = [
  ...["0", "-0", "1", "-1", "7", "1468244340", "1468244340123", "9007199254740991", "9007199254740992"],
  ...["9007199254740993", "-9007199254740993", "123456789012345", "1234567890123456", "12345678901234567890"],
  ...["1.0", "1.5", "-0.0", "0.1", "1e3", "1E+2", "1e-2", "1e999", "-1e999", "5e-324", "1e-999", "2.50e1", "0e0"],
];
/** Values that a picked field of that name takes. */
const fitting: Readonly<Record<string, readonly string[]>> = {
  ts: ["1468244340", "-3", "0", '"1468244340"', '"-7"', "1e3", '"1.0"', '"\\u0031"', "123456789012345"],
  uid: ['"2c5e71e052d5961230e"', "17", "-0", "9007199254740993", '"\\ud800"', '"Ключ"', '"a\\nb"', "1.50", '""'],
  n: ["1", "0.5", "-0", "1e-7", "12345678901234567890"],
  ok: ["true", "false"],
  name: ['"x"', '"\\\\"', '"😀"', '""', '"\\u00e9"'],
  ["__proto__"]: ['"p"'],
};
const badNumbers = [
  "01",
  "-",
  "+1",
  "1.",
  ".5",
  "1e",
  "1e+",
  "-01",
  "00",
  "0x1",
  "1_0",
  "NaN",
  "Infinity",
  "--1",
  "1.e1",
];
const texts = [
  ...["", "x", "2c5e71e052d5961230e", "1468244340", " 1", "1.0", "-0", "01", "1e3", "Часы надежд", "😀", "é"],
  ...[
    '\\"',
    "\\\\",
    "\\\\\\\\",
    '\\\\\\"',
    "\\u0031",
    "\\ud800",
    "\\udc00\\ud800",
    "\\ud83d\\ude00",
    "\\u0000",
    "\\b\\f\\n\\r\\t\\/",
  ],
  ...['\\"ts\\":1', "{", "}", "]}", '{\\"uid\\":\\"u\\"}', "\u007f", "\u2028", "\ufeff", "\uffff", "a".repeat(70)],
];
const badTexts = ["\\x", "\\u12", "\\u12g4", "\\", "\t", "\n", "\u0000", "\\U0041", "\\'"];
const literals = ["true", "false", "null"];
const badLiterals = ["tru", "True", "nul", "undefined", "falsee", "nulll", "t"];
const spaces = ["", "", "", "", "", " ", "  ", "\n", "\t", "\r\n", " \n\t\r "];
const badSpaces = ["\u00a0", "\f", "\v", "\ufeff", "\u0000", "/**/"];
const strange = [
  "",
  " ",
  "null",
  "[]",
  "1",
  '"ts"',
  "{",
  "}",
  "{}",
  "[{}]",
  "{}{}",
  "{},",
  '{"ts"}',
  '{"ts":}',
  '{"a":1,}',
  "{,}",
];

function any<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)]!;
}

/** Bytes that are a JSON object or nearly one, the same for the same run of chance. About half of them are valid. */
export function fuzzRecord(random: Random): Uint8Array {
  if (random.below(200) === 0) return Buffer.from(any(random, strange));
  const wrong = random.below(4) === 0;
  let text = space(random, wrong) + objectText(random, 0, wrong) + space(random, wrong);
  if (random.below(300) === 0) text = `\ufeff${text}`;
  if (random.below(300) === 0) text += any(random, ["x", "}", "]", ",", "\u0000", "{}", '"', "null"]);
  let bytes: Uint8Array = Buffer.from(text);
  if (random.below(3) === 0) for (let i = random.below(3); i >= 0; i--) bytes = mutated(random, bytes);
  return bytes;
}

function space(random: Random, wrong: boolean): string {
  return wrong && random.below(60) === 0 ? any(random, badSpaces) : any(random, spaces);
}

function objectText(random: Random, depth: number, wrong: boolean): string {
  const members: string[] = [];
  const gap = () => space(random, wrong);
  const add = (key: string, value: string) => {
    const at = random.below(members.length + 1);
    members.splice(at, 0, `${gap()}${key}${gap()}:${gap()}${value}${gap()}`);
  };
  for (let i = random.below(depth === 0 ? 6 : 4); i > 0; i--) add(keyText(random), valueText(random, depth + 1, wrong));
  if (depth === 0) {
    for (const [name, values] of Object.entries(fitting)) {
      if (random.below(name === "ts" ? 8 : 2) > 0) add(JSON.stringify(name), any(random, values));
    }
  }
  return `{${members.join(",") || space(random, wrong)}}`;
}

function keyText(random: Random): string {
  return random.below(12) === 0 ? any(random, escapedKeys) : JSON.stringify(any(random, keys));
}

function valueText(random: Random, depth: number, wrong: boolean): string {
  const odd = wrong && random.below(12) === 0;
  const kind = random.below(depth > 4 ? 7 : 10);
  if (kind < 3) return odd ? any(random, badNumbers) : numberText(random);
  if (kind < 6) return `"${any(random, texts)}${odd ? badText(random) : ""}${any(random, texts)}"`;
  if (kind < 7) return any(random, odd ? badLiterals : literals);
  if (kind < 8) return objectText(random, depth, wrong);
  if (kind < 9) return arrayText(random, depth, wrong);
  const levels = 1 + (random.below(50) === 0 ? random.below(3000) : random.below(20));
  return "[".repeat(levels) + valueText(random, 9, wrong) + "]".repeat(levels);
}

function numberText(random: Random): string {
  if (random.below(2) === 0) return any(random, numbers);
  let digits = any(random, ["", "-"]) + (1 + random.below(9));
  for (let i = random.below(20); i > 0; i--) digits += random.below(10);
  return digits + any(random, ["", "", "", ".5", ".125", "e2", "E-7"]);
}

/** What no string may hold: mostly a backslash and any character, which is a fit one now and then. */
function badText(random: Random): string {
  return random.below(2) === 0 ? any(random, badTexts) : `\\${String.fromCharCode(random.below(128))}`;
}

function arrayText(random: Random, depth: number, wrong: boolean): string {
  const items: string[] = [];
  for (let i = random.below(4); i > 0; i--) {
    items.push(space(random, wrong) + valueText(random, depth + 1, wrong) + space(random, wrong));
  }
  return `[${items.join(",") || space(random, wrong)}]`;
}

const invalidUtf8 = [
  [0x80],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff],
  [0xe2, 0x82],
  [0xf0, 0x9f],
];

/** The bytes with one thing changed: a flip, a deletion, an insertion, a cut, a doubling, or broken UTF-8. */
function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.below(8));
  const head = bytes.subarray(0, at);
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([head, Buffer.from([(bytes[at] ?? 0) ^ (1 << random.below(8))]), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.concat([head, bytes.subarray(to)]);
    case 2:
      return Buffer.concat([head, Buffer.from([insertion(random)]), bytes.subarray(at)]);
    case 3:
      return head;
    case 4:
      return Buffer.concat([head, bytes.subarray(at, to), bytes.subarray(at)]);
    default:
      return Buffer.concat([head, Buffer.from(any(random, invalidUtf8)), bytes.subarray(at)]);
  }
}

function insertion(random: Random): number {
  return random.below(2) === 0 ? random.below(256) : any(random, [...Buffer.from('{}[],:"\\ \n-.eE0u')]);
}

/** Bytes to lie around a record: what would do most harm if it were read. */
export const hostileBytes: readonly Uint8Array[] = [
  Buffer.from('","ts":666,"uid":"evil","n":6,"ok":true,"name":"no"}}}]]]"'),
  Buffer.from('"}'),
  Buffer.from(',"ts":666,"uid":"evil"}'),
  Buffer.from(':1,"ts":666,"uid":"evil"}'),
  Buffer.from("0123456789"),
  Buffer.from("\\\\\\"),
  Buffer.from([0xff, 0x80, 0xc3, 0x00]),
  Buffer.from("}]".repeat(40)),
  Buffer.from(" \n\t\r   }"),
  Buffer.from("rue"),
];
