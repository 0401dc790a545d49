import type { Codec, Malformed } from "../../core/codec.ts";
import { validator } from "../validation.ts";
import { Block } from "./block.ts";
import { notJson } from "./picks.ts";
import type { StandardSchema } from "./standard-schema.ts";

/**
 * Whole JSON values, by `JSON.parse` and `JSON.stringify`; with a schema (any Standard Schema validator) checked, typed
 * and transformed by it. Without a schema the type is the caller's word, unchecked.
 *
 * Decoding gives `Malformed("not JSON")`, also for bytes that are not UTF-8 and for a byte order mark, or
 * `Malformed("not valid")` when the schema refuses. `__proto__` becomes a property like any other, as in `JSON.parse`, and
 * touches no prototype; copy such values by spreading, not by `Object.assign`.
 *
 * Encoding writes the value, not the schema's input: a schema that transforms reads back what it wrote only if it takes
 * its own output. It throws at what has no JSON text: undefined, functions, cycles, bigints, nesting beyond the stack.
 *
 * Throws `ML1002` when the schema is none; `decode` throws it when the schema validates asynchronously, which a decoder
 * cannot wait for.
 */
export function json<T = unknown>(schema?: StandardSchema<T>): Codec<T> {
  return new JsonCodec<T>(schema);
}

class JsonCodec<T> implements Codec<T> {
  readonly name = "json";
  readonly #validated: (value: unknown) => T | Malformed;
  #block = new Block(new Uint8Array(0));

  constructor(schema: StandardSchema<T> | undefined) {
    this.#validated = validator("json", schema);
  }

  decode(bytes: Uint8Array, start: number, end: number): T | Malformed {
    if (bytes !== this.#block.bytes) this.#block = new Block(bytes);
    if (!this.#block.isUtf8(start, end)) return notJson;
    let value: unknown;
    try {
      value = JSON.parse(this.#block.utf8(start, end));
    } catch {
      return notJson;
    }
    return this.#validated(value);
  }

  encode(value: T): string {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError(`a value of type ${typeof value} has no JSON text`);
    return text;
  }
}
