import { readFile, writeFile } from "node:fs/promises";
import { encode } from "@msgpack/msgpack";
import { Malformed } from "millrace";
import { describe, expect, test } from "vitest";
import { frameFormat } from "../../systems/unique-users/frame.ts";
import type { Summary } from "../../systems/unique-users/summary.ts";
import { runCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { frame, testFolder } from "./process.ts";

const inFolder = testFolder("values");
const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"];
const quiet = ["--summary", "json", "--progress", "off", "--log", "silent"];

async function count(input: Uint8Array | string, ...args: string[]): Promise<{ out: string; summary: Summary }> {
  const { code, stdout, stderr } = await runCli(["unique-users", ...quiet, ...args], input);
  expect(code).toBe(0);
  return { out: stdout, summary: JSON.parse(stderr) as Summary };
}

describe("names that every object has", () => {
  test("are users like any others", async () => {
    const { out, summary } = await count([...names, ...names, "plain"].map((uid) => frame(60, uid)).join(""));
    expect(out).toBe(`{"ts":60,"cnt":${names.length + 1}}\n`);
    expect(summary.bad).toBe(0);
  });

  for (const mode of [[], ["--strict"]]) {
    test(`are not found in a frame that lacks them ${mode.join("")}`, async () => {
      const lines = [
        '{"__proto__":{"ts":60,"uid":"a"}}',
        '{"ts":60,"__proto__":{"uid":"a"}}',
        '{"constructor":{"prototype":{"ts":60,"uid":"a"}}}',
        '{"ts":60,"uid":"b"}',
      ];
      const { out, summary } = await count(`${lines.join("\n")}\n`, ...mode);
      expect(out).toBe('{"ts":60,"cnt":1}\n');
      expect(summary.badByReason).toEqual({ "no ts": 2, "no uid": 1 });
    });
  }

  test("can be the names of the fields, in both formats and modes", async () => {
    const pairs = names.flatMap((uid) => names.filter((ts) => ts !== uid).map((ts) => [ts, uid] as const));
    for (const [ts, uid] of pairs) {
      for (const strict of [false, true]) {
        const json = await frameFormat({ format: "json", strict, "ts-field": ts, "uid-field": uid, "ts-unit": "s" });
        const text = (record: string) => Buffer.from(record);
        const good = json.decoder.decode(text(`{"${ts}":7,"${uid}":"x"}`), 0, `{"${ts}":7,"${uid}":"x"}`.length);
        if (good instanceof Malformed) throw new Error(good.reason);
        expect([json.timeOf(good), json.userOf(good)]).toEqual([7_000, "x"]);
        expect(json.decoder.decode(text("{}"), 0, 2)).toMatchObject({ reason: `no ${ts}` });
      }
      if (ts === "__proto__" || uid === "__proto__") continue;
      const packed = await frameFormat({
        ...{ format: "messagepack", strict: false, "ts-field": ts, "uid-field": uid, "ts-unit": "s" },
      });
      const bytes = encode({ [ts]: 7, [uid]: "x" });
      const good = packed.decoder.decode(bytes, 0, bytes.length);
      if (good instanceof Malformed) throw new Error(good.reason);
      expect([packed.timeOf(good), packed.userOf(good)]).toEqual([7_000, "x"]);
    }
  });
});

/** What a time may look like, and the seconds it is, or why it is none. */
const times: readonly (readonly [text: string, meaning: number | string])[] = [
  ["0", 0],
  ["-0", 0],
  ["1e3", 1000],
  ["1E+3", 1000],
  ["1.5", 1.5],
  ["0.1e1", 1],
  ["1e-400", 0],
  ['"60"', 60],
  ['"1e3"', 1000],
  ["253402300799", 253_402_300_799],
  ["253402300800", "absurd ts"],
  ["1468244340000", "absurd ts"],
  ["9007199254740993", "absurd ts"],
  ["123456789012345678901234567890", "absurd ts"],
  ["-1", "absurd ts"],
  ["-1e-9", "absurd ts"],
  ["1e999", "wrong type of ts"],
  ["-1e999", "wrong type of ts"],
  ['"1e999"', "wrong type of ts"],
  ["9".repeat(100_000), "wrong type of ts"],
  ["null", "wrong type of ts"],
  ["true", "wrong type of ts"],
  ["[1]", "wrong type of ts"],
  ["{}", "wrong type of ts"],
  ['""', "wrong type of ts"],
  ['" 60"', "wrong type of ts"],
  ['"0x3c"', "wrong type of ts"],
  ['"NaN"', "wrong type of ts"],
  ['"Infinity"', "wrong type of ts"],
  ['"\u0666\u0660"', "wrong type of ts"],
  ["NaN", "not JSON"],
  ["Infinity", "not JSON"],
  ["01", "not JSON"],
  ["+1", "not JSON"],
  [".5", "not JSON"],
  ["1.", "not JSON"],
  ["1e", "not JSON"],
  ["0x3c", "not JSON"],
  ["1_000", "not JSON"],
  ["", "not JSON"],
];

test(`${times.length} odd times mean what they say, in both modes`, async () => {
  for (const strict of [false, true]) {
    const format = await frameFormat({
      ...{ format: "json", strict, "ts-field": "ts", "uid-field": "uid", "ts-unit": "s" },
    });
    for (const [text, meaning] of times) {
      const record = Buffer.from(`{"ts":${text},"uid":"a"}`);
      format.decoder.begin?.(record, Int32Array.of(0, record.length), 1);
      const got = format.decoder.decode(record, 0, record.length);
      const told = got instanceof Malformed ? got.reason : format.timeOf(got) / 1000 + 0;
      expect([text.slice(0, 40), told]).toEqual([text.slice(0, 40), meaning]);
    }
  }
});

test("all of them in one input are each counted or refused, and ids beyond 2^53 stay apart", async () => {
  const lines = times.map(([text]) => `{"ts":${text},"uid":"a"}\n`).join("");
  const ids = ["9007199254740992", "9007199254740993", '"9007199254740993"'].map((id) => `{"ts":60,"uid":${id}}\n`);
  const { out, summary } = await count(lines + ids.join(""), "--max-future", "9000000d", "--window", "9000000d");
  const good = times.filter(([, meaning]) => typeof meaning === "number").length;
  expect(summary).toMatchObject({ frames: times.length + ids.length, bad: times.length - good, held: 0, late: 0 });
  expect(out).toBe('{"ts":0,"cnt":3}\n');
});

test("100,000 levels of nesting are one frame, kept whole as a dead letter when refused", async () => {
  const deep = 100_000;
  const arrays = "[".repeat(deep) + "]".repeat(deep);
  const objects = `${'{"a":'.repeat(deep)}1${"}".repeat(deep)}`;
  const refused = [arrays, `{"ts":${arrays},"uid":"a"}`, `{"x":${objects}}`, "[".repeat(deep)];
  const counted = [`{"x":${arrays},"ts":60,"uid":"a"}`, `{"ts":60,"x":${objects},"uid":"b"}`];
  for (const mode of [[], ["--strict"]]) {
    const dead = inFolder("deep.jsonl");
    const lines = [...refused, ...counted, '{"ts":61,"uid":"c"}'];
    const { out, summary } = await count(`${lines.join("\n")}\n`, "--dead-letters", dead, ...mode);
    expect(out).toBe('{"ts":60,"cnt":3}\n');
    expect(summary).toMatchObject({ frames: lines.length, bad: refused.length });
    const letters = (await readFile(dead, "utf8")).trim().split("\n");
    expect(letters.map((line) => (JSON.parse(line) as { raw: string }).raw)).toEqual(refused);
  }
});

test("a refused frame comes back from the dead letters byte for byte, whatever its bytes", async () => {
  const every = Buffer.from(
    Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10 && byte !== 13),
  );
  const refused = [
    every,
    Buffer.from([0]),
    Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('{"ts":60,"uid":"\u001b[2J\u2028\u0000"', "utf8"),
    Buffer.from("\ufeff{}", "utf8"),
    Buffer.from("a\rb"),
    Buffer.alloc(0),
  ];
  const input = inFolder("bytes.jsonl");
  const dead = inFolder("bytes-dead.jsonl");
  await writeFile(input, Buffer.concat(refused.flatMap((bytes) => [bytes, Buffer.from("\r\n")])));
  const { summary } = await count("", "--in", input, "--dead-letters", dead);
  expect(summary.bad).toBe(refused.length);
  const letters = (await readFile(dead, "utf8")).trimEnd().split("\n");
  const back = letters.map((line) => {
    const letter = JSON.parse(line) as { raw?: string; rawBase64?: string };
    return letter.raw === undefined ? Buffer.from(letter.rawBase64!, "base64") : Buffer.from(letter.raw);
  });
  expect(back.map(String)).toEqual(refused.map(String));
  expect(Buffer.concat(back)).toEqual(Buffer.concat(refused));
});
