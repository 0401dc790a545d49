import { type Decoder, Malformed } from "../../core/codec.ts";
import { MillraceError } from "../../core/errors.ts";
import { Block } from "../json/block.ts";
import { Field } from "../json/field.ts";
import { FieldNames, NO_FIELD } from "../json/field-names.ts";
import type { Fields, Picked } from "../json/pick.ts";
import { type RecordMaker, recordMaker } from "../json/record-maker.ts";
import { NOT_JSON, WRONG_TYPE } from "../json/token.ts";
import { isString, lengthAt, lengthBytes, valuesPerEntry } from "./formats.ts";
import { notMessagePack } from "./reasons.ts";
import { MessagePackToken } from "./token.ts";
import { ValueFinder } from "./value-finder.ts";

/**
 * The projection decoder: takes named fields of a record that is a map straight from its bytes and builds nothing else.
 * Takes the same fields as `json.pick`, so that one description of fields reads both formats. Works without the package
 * `@msgpack/msgpack`.
 *
 * The record must be one whole map; of a key that comes twice the last counts; keys that are not text are passed over.
 * Not checked: the UTF-8 of text that is not picked. A field that takes integers takes a float with a whole value too, as
 * `json.int` takes `1.0`; a binary value is no text. Refused records are `Malformed` with the reason `"not MessagePack"`,
 * also for a picked text that is not UTF-8, or `"no <field>"` or `"wrong type of <field>"` for the first such field in the
 * order given. Throws `ML1002` when there is no field, or one without a type or with a name that cannot be.
 */
export function pick<const F extends Fields>(fields: F): Decoder<Picked<F>> {
  const names = Object.keys(fields);
  if (names.length === 0) throw unusable("messagepack.pick needs a field to pick");
  for (const name of names) {
    if (!(fields[name] instanceof Field)) {
      throw unusable(`the field ${JSON.stringify(name)} has no type such as messagepack.int or messagepack.string`);
    }
    if (!name.isWellFormed()) throw unusable(`the field name ${JSON.stringify(name)} is no text that UTF-8 can hold`);
  }
  return new PickDecoder<Picked<F>>(names, Object.values(fields));
}

function unusable(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}

class PickDecoder<T> implements Decoder<T> {
  readonly name: string;
  readonly #names: FieldNames;
  readonly #fields: readonly Field<unknown>[];
  readonly #missing: readonly Malformed[];
  readonly #wrongType: readonly Malformed[];
  readonly #make: RecordMaker<T>;
  /** By field: where its value starts, or -1, and where it ends; and what it is. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #values: unknown[];
  readonly #finder = new ValueFinder();
  readonly #token = new MessagePackToken(new Block(new Uint8Array(0)));

  constructor(names: readonly string[], fields: readonly Field<unknown>[]) {
    this.name = `messagepack.pick(${names.join(", ")})`;
    this.#names = new FieldNames(names);
    this.#fields = fields;
    this.#missing = names.map((name) => new Malformed(`no ${name}`));
    this.#wrongType = names.map((name) => new Malformed(`wrong type of ${name}`));
    this.#make = recordMaker<T>(names);
    this.#starts = new Int32Array(names.length);
    this.#ends = new Int32Array(names.length);
    this.#values = names.map(() => undefined);
  }

  decode(bytes: Uint8Array, start: number, end: number): T | Malformed {
    if (bytes !== this.#token.block.bytes) this.#token.block = new Block(bytes);
    this.#starts.fill(-1);
    return this.#scan(bytes, start, end) ? this.#read() : notMessagePack;
  }

  /** Finds the last value of each picked field. False when the record is not one whole map. */
  #scan(bytes: Uint8Array, start: number, end: number): boolean {
    const first = start < end ? bytes[start]! : 0;
    let at = start + 1 + lengthBytes[first]!;
    if (valuesPerEntry[first] !== 2 || at > end) return false;
    for (let left = lengthAt(bytes, start); left > 0; left--) {
      const key = at;
      at = this.#valueEnd(bytes, at, end);
      if (at === -1) return false;
      const field = isString(bytes[key]!) ? this.#names.find(bytes, key + 1 + lengthBytes[bytes[key]!]!, at) : NO_FIELD;
      const value = at;
      at = this.#valueEnd(bytes, at, end);
      if (at === -1) return false;
      if (field !== NO_FIELD) {
        this.#starts[field] = value;
        this.#ends[field] = at;
      }
    }
    return at === end;
  }

  /** Where the value at `at` ends, or -1 when it is none or does not end by `end`. */
  #valueEnd(bytes: Uint8Array, at: number, end: number): number {
    const finder = this.#finder;
    const found = finder.find(bytes, at, end);
    if (found === -1) finder.reset();
    return finder.damaged ? -1 : found;
  }

  #read(): T | Malformed {
    const token = this.#token;
    for (let i = 0; i < this.#fields.length; i++) {
      const field = this.#fields[i]!;
      const start = this.#starts[i]!;
      if (start === -1) {
        if (!field.isOptional) return this.#missing[i]!;
        this.#values[i] = undefined;
        continue;
      }
      token.start = start;
      token.end = this.#ends[i]!;
      const value = field.read(token);
      if (value === WRONG_TYPE) return this.#wrongType[i]!;
      if (value === NOT_JSON) return notMessagePack;
      this.#values[i] = value;
    }
    return this.#make(this.#values);
  }
}
