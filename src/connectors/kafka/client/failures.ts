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
  return new KafkaFailure("CLIENT", error.message, false, { cause: thrown });
}

/** What `node:tls` calls a certificate that it does not take. */
const wrongCertificate = /CERT|LEAF_SIGNATURE|ISSUER|^INVALID_(CA|PURPOSE)$|^HOSTNAME_MISMATCH$/;

/** Why there is no connection to a node, or no more: no other try makes one with somebody who is not who we think. */
export function connectFailure(place: string, thrown: unknown): KafkaFailure {
  for (const { message, code } of causesOf(thrown) as Iterable<NodeJS.ErrnoException>) {
    if (!wrongCertificate.test(code ?? "")) continue;
    const advice = `the broker's certificate is not taken (${message}): give the authority that signed it in tls.ca, or a certificate with the broker's name to the broker`;
    return new KafkaFailure("CERTIFICATE", advice, false, { cause: thrown });
  }
  const reason = [...causesOf(thrown)].map(({ message }) => message).find((message) => message !== "");
  return new KafkaFailure("NETWORK", `no connection to ${place}: ${reason}`, true, { cause: thrown });
}

/** What a server begins with that wants to hear TLS and did not: an alert, and a version of it. */
const tlsAlert = [0x15, 0x03];

/** That something answers which is no broker, or one that speaks TLS. */
export function foreignAnswer(place: string, bytes: Buffer): KafkaFailure {
  if (tlsAlert.every((byte, index) => bytes[index] === byte)) {
    return new KafkaFailure("TLS", "the broker speaks TLS only: set tls, {} for authorities that Node trusts", false);
  }
  const shown = JSON.stringify(bytes.toString("latin1", 0, shownBytes));
  return new KafkaFailure("NETWORK", `what ${place} answers is not Kafka's: it begins with ${shown}`, true);
}

const shownBytes = 20;

/** That a node does not take us for who we say we are; unless the connection to it went in the middle of that. */
export function refusal(thrown: unknown): KafkaFailure {
  const causes = [...causesOf(thrown)];
  const lost = causes.find((error) => error instanceof KafkaFailure);
  if (lost !== undefined) return lost;
  const said = causes.map(({ message }) => message).join(" ");
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
