import { Malformed } from "../core/codec.ts";
import { MillraceError } from "../core/errors.ts";
import type { StandardSchema } from "./json/standard-schema.ts";

const notValid = new Malformed("not valid");

/**
 * A function that checks, types and transforms a decoded value by a schema, and gives `Malformed("not valid")` for one
 * that the schema refuses; without a schema every value passes, and its type is the caller's word. `codec` is the
 * name that errors tell. Throws `ML1002` when the schema is none; the function throws it when the schema validates
 * asynchronously, which a decoder cannot wait for.
 */
export function validator<T>(codec: string, schema: StandardSchema<T> | undefined): (value: unknown) => T | Malformed {
  if (schema === undefined) return (value) => value as T;
  if (typeof schema?.["~standard"]?.validate !== "function") {
    throw new MillraceError("ML1002", { message: `${codec}'s schema is no Standard Schema validator` });
  }
  const { validate } = schema["~standard"];
  return (value) => {
    const result = validate(value);
    if (!(result instanceof Promise)) return result.issues === undefined ? result.value : notValid;
    result.catch(() => {}); // nobody waits for it: its failure must not end the process
    throw new MillraceError("ML1002", {
      message: `${codec}'s schema validates asynchronously; give one that does not`,
    });
  };
}
