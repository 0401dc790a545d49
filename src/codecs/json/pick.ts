import type { Decoder } from "../../core/codec.ts";
import { MillraceError } from "../../core/errors.ts";
import { Field } from "./field.ts";
import { OnDemandDecoder } from "./on-demand.ts";
import { Picks } from "./picks.ts";
import { StrictDecoder } from "./strict.ts";

/** Fields by name, as given to `json.pick`. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What `json.pick` makes of a record: a property for every field, `undefined` for an optional one that is missing. */
export type Picked<F extends Fields> = { -readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never };

/** How much of a record `json.pick` checks. */
export interface PickOptions {
  /** `"onDemand"` (default) checks what it reads; `"strict"` checks all, and agrees with `JSON.parse`. */
  readonly mode?: "onDemand" | "strict" | undefined;
}

/**
 * The projection decoder: takes named fields of the record's root object straight from its bytes and builds nothing else.
 *
 * - `onDemand` reads up to the last picked field. Checked: that the record starts with `{` and ends with `}`; up to that
 *   field, the grammar of the root object, its numbers and literals; and all of the picked values. Not checked: whatever
 *   lies behind the last picked field; escapes, control characters and UTF-8 in strings and keys passed over; in arrays
 *   and objects passed over, anything but that strings close and brackets balance in number. Of a field that comes twice
 *   the first counts. A record that lacks a picked field is read to its end.
 * - `strict` accepts and refuses exactly what `JSON.parse` of the record's text does, where bytes that are not UTF-8 and
 *   a byte order mark are refused, and a root that is no object. Of a field that comes twice the last counts.
 *
 * In both, a key with escapes is the key it stands for, and fields come in any order. Refused records are `Malformed`
 * with the reason `"not JSON"`, or `"no <field>"` or `"wrong type of <field>"` for the first such field in the order
 * given. The objects made all have one shape. Throws `ML1002` when there is no field, or a name or mode that cannot be.
 */
export function pick<const F extends Fields>(fields: F, options: PickOptions = {}): Decoder<Picked<F>> {
  const names = Object.keys(fields);
  if (names.length === 0) throw unusable("json.pick needs a field to pick");
  for (const name of names) {
    if (!(fields[name] instanceof Field)) {
      throw unusable(`the field ${JSON.stringify(name)} has no type such as json.int or json.string`);
    }
    if (!name.isWellFormed()) throw unusable(`the field name ${JSON.stringify(name)} is no text that UTF-8 can hold`);
  }
  const mode = options.mode ?? "onDemand";
  if (mode !== "onDemand" && mode !== "strict") {
    throw unusable(`${JSON.stringify(mode)} is no mode of json.pick: "onDemand" or "strict"`);
  }
  const picks = new Picks<Picked<F>>(fields);
  const list = names.join(", ");
  return mode === "strict"
    ? new StrictDecoder(`json.pick(${list}; strict)`, picks)
    : new OnDemandDecoder(`json.pick(${list})`, picks);
}

function unusable(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}
