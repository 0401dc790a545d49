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
  const refusal = refusalBehind(thrown);
  if (refusal !== undefined) return refusal;
  const isNetwork = error.code === "PLT_KFK_NETWORK" || error.code === "PLT_KFK_TIMEOUT";
  const reason = error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message;
  return new KafkaFailure(isNetwork ? "NETWORK" : "CLIENT", reason, isNetwork, { cause: thrown });
}

/** What `node:tls` calls a certificate that it does not take. */
const wrongCertificate = /CERT|LEAF_SIGNATURE|ISSUER|^INVALID_(CA|PURPOSE)$|^HOSTNAME_MISMATCH$/;

/**
 * Why a connection cannot be had that no second try mends: it is not who we think, or it does not take us for who we say we are. A
 * broker that goes away in the middle of either is none.
 */
function refusalBehind(thrown: unknown): KafkaFailure | undefined {
  let authentication: Error | undefined;
  for (const error of causesOf(thrown)) {
    const { code } = error as { readonly code?: unknown };
    if (code === "PLT_KFK_AUTHENTICATION") authentication ??= error;
    else if (authentication !== undefined && (code === "PLT_KFK_NETWORK" || code === "PLT_KFK_TIMEOUT"))
      return undefined;
    else if (error instanceof Error && typeof code === "string" && wrongCertificate.test(code)) {
      const message = `the broker's certificate is not taken (${error.message}): give the authority that signed it in tls.ca, or a certificate with the broker's name to the broker`;
      return new KafkaFailure("CERTIFICATE", message, false, { cause: thrown });
    } else if (error.message === "Broker requires TLS.") {
      return new KafkaFailure(
        "TLS",
        "the broker speaks TLS only: set tls, {} for authorities that Node trusts",
        false,
        { cause: thrown },
      );
    }
  }
  if (authentication === undefined) return undefined;
  const said = [...causesOf(authentication)].map(({ message }) => message).join(" ");
  const message = `the broker does not take us for who we say we are (${said}): check the mechanism, username and password in sasl`;
  return new KafkaFailure("AUTHENTICATION", message, false, { cause: thrown });
}

/** An error, and what lies behind it: its cause, or the first of several. */
function* causesOf(thrown: unknown): Generator<Error> {
  for (let at = thrown, depth = 0; at instanceof Error && depth < causesMax; depth++) {
    yield at;
    at = at.cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
  }
}

const causesMax = 10;

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
