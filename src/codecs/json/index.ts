import { boolean, id, int, number, string } from "./field.ts";
import { pick } from "./pick.ts";
import { json as wholeValue } from "./whole-value.ts";

/**
 * JSON. `json(schema?)` is a codec for whole values; `json.pick({ ... })` a decoder that reads only the fields named,
 * with the types `json.int`, `json.number`, `json.string`, `json.id` and `json.boolean`.
 */
export const json = Object.assign(wholeValue, { pick, int, number, string, id, boolean });

export type { Field, NumberField } from "./field.ts";
export type { Fields, Picked, PickOptions } from "./pick.ts";
export type { StandardSchema, ValidationResult } from "./standard-schema.ts";
