import { boolean, id, int, number, string } from "../json/field.ts";
import { framing } from "./framing.ts";
import { pick } from "./pick.ts";
import { messagepack as wholeValue } from "./whole-value.ts";

/**
 * MessagePack. `messagepack(schema?)` is a codec for whole values, and needs the package `@msgpack/msgpack`;
 * `messagepack.pick({ ... })` a decoder that reads only the fields named, of the same types as those of `json.pick`
 * (`messagepack.int` is `json.int`); `messagepack.framing` finds values that lie one after another in a file or stream.
 */
export const messagepack = Object.assign(wholeValue, { pick, framing, int, number, string, id, boolean });

export type { Field, NumberField } from "../json/field.ts";
export type { Fields, Picked } from "../json/pick.ts";
export type { StandardSchema, ValidationResult } from "../json/standard-schema.ts";
export type { MessagePackOptions } from "./whole-value.ts";
