import { isUtf8 } from "node:buffer";
import type { Decoder, Encoder } from "@msgpack/msgpack";
import { type Codec, Malformed } from "../../core/codec.ts";
import type { StandardSchema } from "../json/standard-schema.ts";
import { validator } from "../validation.ts";
import { isBinary, isString } from "./formats.ts";
import { library } from "./library.ts";
import { notMessagePack } from "./reasons.ts";
import { nestingMax, ValueFinder } from "./value-finder.ts";

/** What {@link messagepack} takes. */
export interface MessagePackOptions {
  /**
   * How 64-bit integers are read. `"number"` (default): as numbers, rounded beyond 2^53 as `JSON.parse` rounds.
   * `"bigint"`: as bigints, small ones too; then bigints can be written, and numbers beyond 32 bits are written as floats.
   */
  readonly int64?: "number" | "bigint" | undefined;
}

const notTaken = new Malformed("unusable map key or timestamp");

/**
 * Whole MessagePack values, by `@msgpack/msgpack` (an optional peer: install it); with a schema (any Standard Schema
 * validator) checked, typed and transformed by it. Without a schema the type is the caller's word, unchecked. Binary
 * values are `Uint8Array`s of their own memory, timestamps `Date`s, other extensions `ExtData`.
 *
 * Decoding gives `Malformed("not MessagePack")` for anything but one whole value, also for text that is not UTF-8 and
 * arrays and maps more than 512 deep; `Malformed("unusable map key or timestamp")` for a map key that is neither text nor
 * a number, for the key `__proto__`, and for a timestamp of an unknown length; `Malformed("not valid")` when the schema
 * refuses. No length is believed before the bytes are there; still a value may take 64 times its bytes in memory (an
 * empty map takes one byte), so bound the record.
 *
 * Encoding leaves out properties that are undefined, as JSON does, and throws at what has no MessagePack form: functions,
 * symbols, cycles, bigints without `int64: "bigint"`. It writes the value, not the schema's input.
 *
 * Throws `ML1002` when the package is not installed or the schema is none; `decode` throws it when the schema validates
 * asynchronously.
 */
export function messagepack<T = unknown>(schema?: StandardSchema<T>, options: MessagePackOptions = {}): Codec<T> {
  return new MessagePackCodec(validator("messagepack", schema), options.int64 === "bigint");
}

class MessagePackCodec<T> implements Codec<T> {
  readonly name = "messagepack";
  readonly #validated: (value: unknown) => T | Malformed;
  readonly #encoder: Encoder<undefined>;
  readonly #decoder: Decoder<undefined>;
  readonly #finder = new ValueFinder((first, bytes, start, end) => this.#see(first, bytes, start, end));
  #holdsBinary = false;
  #isText = true;

  constructor(validated: (value: unknown) => T | Malformed, useBigInt64: boolean) {
    const { Decoder, Encoder } = library();
    this.#validated = validated;
    this.#encoder = new Encoder({ useBigInt64, ignoreUndefined: true, maxDepth: nestingMax + 1 });
    this.#decoder = new Decoder({ useBigInt64 });
  }

  decode(bytes: Uint8Array, start: number, end: number): T | Malformed {
    if (!this.#isWhole(bytes, start, end)) return notMessagePack;
    let value: unknown;
    try {
      const record = bytes.subarray(start, end);
      // The library gives binary values as views of what it reads, and that is overwritten after this call.
      value = this.#decoder.decode(this.#holdsBinary ? new Uint8Array(record) : record);
    } catch {
      return notTaken;
    }
    return this.#validated(value);
  }

  encode(value: T): Uint8Array {
    return this.#encoder.encode(value);
  }

  /** Whether the bytes are one value that ends where they end, so that the library never believes a length in vain. */
  #isWhole(bytes: Uint8Array, start: number, end: number): boolean {
    const finder = this.#finder;
    finder.reset();
    this.#holdsBinary = false;
    this.#isText = true;
    return finder.find(bytes, start, end) === end && !finder.damaged && this.#isText;
  }

  #see(first: number, bytes: Uint8Array, start: number, end: number): void {
    if (isString(first)) this.#isText &&= isText(bytes, start, end);
    else if (isBinary(first)) this.#holdsBinary = true;
  }
}

/** Shorter text is looked at here; the native check costs more to call. */
const shortBytes = 24;

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > shortBytes) return isUtf8(bytes.subarray(start, end));
  for (let at = start; at < end; at++) if (bytes[at]! > 0x7f) return isUtf8(bytes.subarray(start, end));
  return true;
}
