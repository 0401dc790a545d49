import { CodedError, MillraceError, reasonOf } from "../core/errors.ts";

/** Errors that have found the step to blame: on their way up through the steps before it, none of these may take them for its own. */
const found = new WeakSet<MillraceError>();

/** The error, from now on known to have found its step. */
export function marked(error: MillraceError): MillraceError {
  found.add(error);
  return error;
}

/** Whether what a step caught is an error of a later step, and not one of its own user function. */
export function isBlamed(thrown: unknown): thrown is MillraceError {
  return thrown instanceof MillraceError && found.has(thrown);
}

/** An error that names the step and the record: the innermost step that threw is the one to blame. */
export function blamed(thrown: unknown, step: string, position: string | undefined): MillraceError {
  if (thrown instanceof MillraceError) return marked(thrown);
  const code = thrown instanceof CodedError ? thrown.code : "ML2003";
  return marked(new MillraceError(code, { message: reasonOf(thrown), step, position, cause: thrown }));
}
