import type { MillraceError } from "../core/errors.ts";
import type { Logger } from "../observe/log.ts";

/**
 * What becomes of a failure that nobody has asked for: an error in the log where there is one, a warning of the process where
 * there is none; and the process ends with exit code 1, unless it has another by then.
 */
export function tellUnheeded(error: MillraceError, logger: Logger | undefined): void {
  if (logger === undefined) process.emitWarning(error);
  else logger.error(error.message, { error });
  process.exitCode ??= 1;
}
