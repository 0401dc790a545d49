interface CodeInfo {
  readonly meaning: string;
  /** Whether trying again, with nothing changed, may help. */
  readonly retryable: boolean;
  readonly advice: string;
}

/** Every error the engine raises: what it means, whether a retry may help, what to do. */
export const errorCodes = {
  ML1001: {
    meaning: "The pipeline is not put together rightly.",
    retryable: false,
    advice: "Change the pipeline as the message says; `explain()` shows how the engine reads it.",
  },
  ML1002: {
    meaning: "An option has a value that cannot be used.",
    retryable: false,
    advice: "Give a value of the form that the message names.",
  },
  ML1003: {
    meaning: "A text is not a duration.",
    retryable: false,
    advice: 'Write a number and a unit, such as "250ms", "5s", "1m", "1h", "1d" or "1h30m".',
  },
  ML2001: {
    meaning: "A function of yours threw at a record.",
    retryable: false,
    advice: 'Mend the function, or give the step a policy: { onError: "skip" } or { onError: "deadLetter" }.',
  },
  ML2002: {
    meaning: "A record could not be decoded, and the step's policy is to fail.",
    retryable: false,
    advice: 'Mend the input, or let the step put such records aside: { onError: "deadLetter" }.',
  },
  ML2003: {
    meaning: "A step failed outside of any record.",
    retryable: false,
    advice: "See the cause; if it is the engine's own, please report it.",
  },
  ML2004: {
    meaning: "A worker of the pipeline failed.",
    retryable: true,
    advice: "See the worker's own message; the others were stopped, and nothing acknowledged is lost.",
  },
  ML3001: {
    meaning: "A source could not be opened or read.",
    retryable: true,
    advice: "Check that it exists, that you may read it, and that the other side runs.",
  },
  ML3002: {
    meaning: "A source cannot be read again from where the state left it.",
    retryable: false,
    advice:
      "Give the same input as in the run before, or start afresh: with an empty state directory, or, on Kafka, another group.",
  },
  ML4001: {
    meaning: "A sink could not be opened or written.",
    retryable: true,
    advice:
      "Check the disk's space, your rights, and that the other side runs; then start again: nothing acknowledged is lost.",
  },
  ML4002: {
    meaning: "A sink's output is not as the last checkpoint left it.",
    retryable: false,
    advice: "Put the output back, or start afresh with an empty state directory and a new output.",
  },
  ML4003: {
    meaning: "A record is larger than what it is written to takes.",
    retryable: false,
    advice:
      "Raise the limit as the message says, or make records smaller, and start again: nothing acknowledged is lost.",
  },
  ML5001: {
    meaning: "Another process holds the state directory.",
    retryable: true,
    advice: "Stop the other process, or give this one a state directory of its own.",
  },
  ML5002: {
    meaning: "The stored state holds nothing that can be restored whole.",
    retryable: false,
    advice: "Put a copy of it back, or start afresh: with an empty state directory, or, on Kafka, another group.",
  },
  ML5003: {
    meaning: "The stored state does not fit the pipeline.",
    retryable: false,
    advice:
      "Run the version of the pipeline that wrote it, give the changed step a new id, or start afresh: with an empty state directory, or, on Kafka, another group.",
  },
  ML5004: {
    meaning: "The state could not be written.",
    retryable: true,
    advice:
      "Check the disk's space and your rights, or that the brokers run; then start again: the last checkpoint stands.",
  },
  ML6001: {
    meaning: "The pipeline did not stop within the time it was given.",
    retryable: false,
    advice:
      "Give it longer to drain, or look with `/status` which step holds it up. What was not acknowledged is done again.",
  },
} as const satisfies Record<string, CodeInfo>;

/** The code of a {@link MillraceError}. */
export type ErrorCode = keyof typeof errorCodes;

/** What to tell beyond the code: `message` says what happened, `step` and `position` where, `cause` what lies behind. */
export interface ErrorDetails {
  readonly message: string;
  readonly step?: string | undefined;
  readonly position?: string | undefined;
  readonly cause?: unknown;
}

/** The one error class. Its text says what happened, at which step, at which record of which source, and what to do. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly step: string | undefined;
  readonly position: string | undefined;
  readonly retryable: boolean;
  readonly advice: string;

  constructor(code: ErrorCode, details: ErrorDetails) {
    const info = errorCodes[code];
    const where = [
      details.step === undefined ? "" : ` at step "${details.step}"`,
      details.position === undefined ? "" : `, ${details.position}`,
    ].join("");
    super(`${code}${where}: ${details.message}. ${info.advice}`, { cause: details.cause });
    this.name = "MillraceError";
    this.code = code;
    this.step = details.step;
    this.position = details.position;
    this.retryable = info.retryable;
    this.advice = info.advice;
  }
}

/** What went wrong, with its code, told by a part that does not know the step and the record: whoever runs the step adds them. */
export class CodedError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = "CodedError";
    this.code = code;
  }
}

/** The text of anything thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
