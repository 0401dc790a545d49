import { Malformed } from "../../core/codec.ts";
import { Block } from "./block.ts";
import type { Field } from "./field.ts";
import { FieldNames } from "./field-names.ts";
import { type RecordMaker, recordMaker } from "./record-maker.ts";
import { NOT_JSON, Token, WRONG_TYPE } from "./token.ts";

/** What both modes return for bytes that are no JSON object. */
export const notJson = new Malformed("not JSON");

const nowhere = new Block(new Uint8Array(0));

/** Where the picked values of one record lie, found by a mode's scan, and what is made of them. */
export class Picks<T> {
  readonly names: FieldNames;
  readonly count: number;
  /** A pair a field: where its value starts, or -1, and where it ends. Of arrays and objects only the start is used. */
  readonly places: Int32Array;
  readonly #fields: readonly Field<unknown>[];
  readonly #values: unknown[];
  readonly #make: RecordMaker<T>;
  readonly #missing: readonly Malformed[];
  readonly #wrongType: readonly Malformed[];
  readonly #token = new Token(nowhere);

  constructor(fields: Readonly<Record<string, Field<unknown>>>) {
    const names = Object.keys(fields);
    this.names = new FieldNames(names);
    this.count = names.length;
    this.places = new Int32Array(2 * names.length);
    this.#fields = Object.values(fields);
    this.#values = names.map(() => undefined);
    this.#make = recordMaker<T>(names);
    this.#missing = names.map((name) => new Malformed(`no ${name}`));
    this.#wrongType = names.map((name) => new Malformed(`wrong type of ${name}`));
  }

  /** Forgets the record before. */
  clear(): void {
    this.places.fill(-1);
  }

  /**
   * The record's value, or why there is none: of several reasons that of the field named first. The places are this object's
   * own, or pairs of others from `from` on.
   */
  make(block: Block, places = this.places, from = 0): T | Malformed {
    const token = this.#token;
    token.block = block;
    for (let i = 0; i < this.count; i++) {
      const field = this.#fields[i]!;
      const start = places[from + 2 * i]!;
      if (start === -1) {
        if (!field.isOptional) return this.#missing[i]!;
        this.#values[i] = undefined;
        continue;
      }
      token.start = start;
      token.end = places[from + 2 * i + 1]!;
      const value = field.read(token);
      if (value === WRONG_TYPE) return this.#wrongType[i]!;
      if (value === NOT_JSON) return notJson;
      this.#values[i] = value;
    }
    return this.#make(this.#values);
  }
}
