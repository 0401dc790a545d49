import { BlockMemory } from "../../src/codecs/block-memory.ts";
import { json } from "../../src/codecs/json/index.ts";
import { Malformed } from "../../src/core/codec.ts";
import type { Random } from "../../src/core/random.ts";
import { type Expected, expected, type FieldRule, objectText } from "./oracle.ts";
import { fuzzRecord, hostileBytes } from "./records.ts";

const rules: readonly FieldRule[] = [
  { name: "ts", type: "int.orText", isOptional: false },
  { name: "uid", type: "id", isOptional: true },
  { name: "n", type: "number", isOptional: true },
  { name: "ok", type: "boolean", isOptional: true },
  { name: "name", type: "string", isOptional: true },
  { name: "__proto__", type: "string", isOptional: true },
];

const fields = {
  ts: json.int.orText,
  uid: json.id.optional(),
  n: json.number.optional(),
  ok: json.boolean.optional(),
  name: json.string.optional(),
  ["__proto__"]: json.string.optional(),
};

/** What came of a record, for counting: how many were valid JSON objects, and how many of those gave values. */
export interface Outcome {
  readonly isJson: boolean;
  readonly isTaken: boolean;
}

/** A record for which a law does not hold; its message has all that is needed to do it again. */
export class Mismatch extends Error {}

/** The laws of `json.pick` and `json()`, tried on one record after another against `JSON.parse`. */
export class JsonLaws {
  readonly #onDemand = json.pick(fields);
  readonly #onDemandCopied = json.pick(fields);
  readonly #onDemandInPlace = json.pick(fields);
  readonly #strict = json.pick(fields, { mode: "strict" });
  readonly #strictInBlocks = json.pick(fields, { mode: "strict" });
  readonly #whole = json();
  readonly #buffer = new Uint8Array(512 * 1024 + 2).subarray(3);
  /** The same bytes in memory that WebAssembly sees. */
  readonly #shared = BlockMemory.of(this.#buffer.length)!.bytes;

  /** Makes the next record of `random` and tries it. Throws `Mismatch`. */
  tryNext(random: Random): Outcome {
    return this.try(fuzzRecord(random), random);
  }

  /** Tries one record, at two places of a larger buffer, among bytes that would do harm if they were read. */
  try(record: Uint8Array, random: Random): Outcome {
    const text = objectText(record);
    const strict = text === undefined ? "not JSON" : expected(text, rules, "last");
    let before: Expected | undefined;
    for (let round = 0; round < 2; round++) {
      const [start, end] = this.#place(record, round === 1 ? random : undefined);
      const bounds = Int32Array.of(start, start, start, end);
      this.#strictInBlocks.begin?.(this.#buffer, bounds, 2);
      same("strict", strict, outcome(this.#strict.decode(this.#buffer, start, end)), record);
      same("strict after begin", strict, outcome(this.#strictInBlocks.decode(this.#buffer, start, end)), record);
      const onDemand = outcome(this.#onDemand.decode(this.#buffer, start, end));
      if (text !== undefined) same("onDemand", expected(text, rules, "first"), onDemand, record);
      else plausible(onDemand, record);
      if (before !== undefined) same("onDemand elsewhere", before, onDemand, record);
      this.#onDemandCopied.begin?.(this.#buffer, bounds, 2);
      same("onDemand copied", onDemand, outcome(this.#onDemandCopied.decode(this.#buffer, start, end)), record);
      const [from, to] = [Math.max(0, start - 32), Math.min(end + 32, this.#buffer.length)];
      this.#shared.set(this.#buffer.subarray(from, to), from);
      this.#onDemandInPlace.begin?.(this.#shared, bounds, 2);
      same("onDemand in place", onDemand, outcome(this.#onDemandInPlace.decode(this.#shared, start, end)), record);
      before = onDemand;
      this.#tryWhole(text, start, end, record);
    }
    return { isJson: text !== undefined, isTaken: typeof before !== "string" };
  }

  #tryWhole(text: string | undefined, start: number, end: number, record: Uint8Array): void {
    const whole = this.#whole.decode(this.#buffer, start, end);
    const isObject = typeof whole === "object" && whole !== null && !Array.isArray(whole);
    const isTaken = isObject && !(whole instanceof Malformed);
    if (isTaken !== (text !== undefined)) throw mismatch("json()", text !== undefined, isTaken, record);
  }

  /** Puts the record somewhere, with hostile bytes before and behind it; without chance, at the very end of the buffer. */
  #place(record: Uint8Array, random: Random | undefined): [start: number, end: number] {
    if (random === undefined) {
      const start = this.#buffer.length - record.length;
      this.#buffer.set(record, start);
      return [start, this.#buffer.length];
    }
    const before = hostileBytes[random.below(hostileBytes.length)]!;
    const behind = hostileBytes[random.below(hostileBytes.length)]!;
    const start = before.length + random.below(9);
    const end = start + record.length;
    this.#buffer.set(before, start - before.length);
    this.#buffer.set(record, start);
    this.#buffer.set(behind, end);
    return [start, end];
  }
}

function outcome(result: unknown): Expected {
  if (result instanceof Malformed) return result.reason;
  if (Object.getPrototypeOf(result) !== Object.prototype) return "polluted";
  return Object.values(result as object);
}

function same(law: string, wanted: Expected, got: Expected, record: Uint8Array): void {
  const isSame =
    typeof wanted === "string" || typeof got === "string"
      ? wanted === got
      : wanted.length === got.length && wanted.every((value, i) => Object.is(value, got[i]));
  if (!isSame) throw mismatch(law, wanted, got, record);
}

const reasons = new Set(["not JSON", "no ts", ...rules.map((rule) => `wrong type of ${rule.name}`)]);

/** What must hold for onDemand even where the record is not JSON: a known reason, or an object's first and last byte. */
function plausible(got: Expected, record: Uint8Array): void {
  const text = Buffer.from(record)
    .toString("latin1")
    .replace(/^[ \n\r\t]+|[ \n\r\t]+$/g, "");
  const isPlausible = typeof got === "string" ? reasons.has(got) : text.startsWith("{") && text.endsWith("}");
  if (!isPlausible) throw mismatch("onDemand on what is not JSON", "a bounded reason, or {...}", got, record);
}

function mismatch(law: string, wanted: unknown, got: unknown, record: Uint8Array): Mismatch {
  const show = (value: unknown) => JSON.stringify(value, (_, part) => (part === undefined ? "undefined" : part));
  const hex = Buffer.from(record).toString("hex");
  return new Mismatch(`${law}: wanted ${show(wanted)}, got ${show(got)}; record (hex) ${hex}`);
}
