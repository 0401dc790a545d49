import { MillraceError, reasonOf } from "../../core/errors.ts";

/** The error of a topic that could not be written. */
export function unwritable(topic: string, cause: unknown): MillraceError {
  return new MillraceError("ML4001", { message: `topic ${topic} cannot be written: ${reasonOf(cause)}`, cause });
}
