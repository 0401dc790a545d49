/** A call to a broker that failed, whatever client made it. */
export class KafkaFailure extends Error {
  /** The protocol's name of the error, such as `"NOT_LEADER_OR_FOLLOWER"`; `"NETWORK"` when no answer came; `"CLIENT"` for all else. */
  readonly code: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** In a call that failed because the group waits for its members: the id that the broker gave this one. */
  readonly memberId: string | undefined;

  constructor(code: string, message: string, retryable: boolean, details: { cause?: unknown; memberId?: string } = {}) {
    super(`${code}: ${message}`, { cause: details.cause });
    this.name = "KafkaFailure";
    this.code = code;
    this.retryable = retryable;
    this.memberId = details.memberId;
  }
}

/** Whether something thrown is a failed call with one of these codes. */
export function failedWith(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof KafkaFailure && codes.includes(thrown.code);
}
