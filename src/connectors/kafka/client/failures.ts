import {
  type GenericError,
  type MultipleErrors,
  protocolErrors,
  protocolErrorsCodesById,
  ResponseError,
} from "@platformatic/kafka";
import { KafkaFailure } from "./kafka-failure.ts";

/** What the client throws, as the connector knows it. */
export function failureOf(thrown: unknown): KafkaFailure {
  if (thrown instanceof KafkaFailure) return thrown;
  const error = thrown as GenericError | MultipleErrors;
  const first = error instanceof ResponseError ? (error.errors[0] as GenericError | undefined) : undefined;
  if (first !== undefined) {
    const message = [first.message, first.serverErrorMessage].filter(Boolean).join(" ");
    const memberId = (error.response as { memberId?: string } | undefined)?.memberId;
    const details = { cause: thrown, ...(memberId ? { memberId } : {}) };
    return new KafkaFailure(String(first.apiId), message, first.canRetry === true, details);
  }
  const isNetwork = error.code === "PLT_KFK_NETWORK" || error.code === "PLT_KFK_TIMEOUT";
  const reason = error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message;
  return new KafkaFailure(isNetwork ? "NETWORK" : "CLIENT", reason, isNetwork, { cause: thrown });
}

/** The protocol's name of an error number; undefined for 0, which is none. */
export function errorName(code: number): string | undefined {
  return code === 0 ? undefined : (protocolErrorsCodesById[code] ?? `ERROR_${code}`);
}

/** Fails when the number is an error's. */
export function check(code: number, what: string): void {
  const name = errorName(code);
  if (name !== undefined) throw new KafkaFailure(name, what, isRetryable(name));
}

/** Whether a call that met this error may succeed later. */
export function isRetryable(name: string): boolean {
  return protocolErrors[name]?.canRetry === true;
}

/** The response of a call, also when parts of it are errors: those are then to be looked at one by one. */
export async function withPartErrors<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof ResponseError && thrown.response !== undefined) return thrown.response as T;
    throw thrown;
  }
}
