import {
  type Callback,
  type Connection,
  type ConnectionOptions,
  saslAuthenticateV2,
  saslHandshakeV1,
  saslOAuthBearer,
  saslPlain,
  saslScramSha,
} from "@platformatic/kafka";
import { refusal } from "./failures.ts";

type Sasl = ConnectionOptions["sasl"] & {};
type Welcome = Awaited<ReturnType<typeof saslAuthenticateV2.api.async>>;

/** Understood by every broker since 2.4. */
const authenticateCall = saslAuthenticateV2.api;

/**
 * Tells a node who we are, before anything else is sent. Resolves to how long it takes us for him, in milliseconds; 0: for good. Rejects
 * with a {@link KafkaFailure}, which says whether another try may help.
 */
export async function authenticate(connection: Connection, sasl: Sasl): Promise<number> {
  try {
    await saslHandshakeV1.api.async(connection, sasl.mechanism);
    const { authBytes, sessionLifetimeMs } = await introduce(connection, sasl);
    const { authBytesValidator: validate } = sasl;
    if (validate !== undefined) await promised<Buffer>((callback) => validate(authBytes, callback));
    return Number(sessionLifetimeMs);
  } catch (thrown) {
    throw refusal(thrown);
  }
}

function introduce(connection: Connection, sasl: Sasl): Promise<Welcome> {
  const { mechanism, username, password, token, oauthBearerExtensions, authenticate: own } = sasl;
  if (own !== undefined) {
    return promised((callback) => own(mechanism, connection, authenticateCall, username, password, token, callback));
  }
  switch (mechanism) {
    case "PLAIN":
      return saslPlain.authenticate(authenticateCall, connection, username!, password!);
    case "OAUTHBEARER":
      return saslOAuthBearer.authenticate(authenticateCall, connection, token!, oauthBearerExtensions!);
    case "GSSAPI":
      return Promise.reject(new Error("GSSAPI wants a function of yours in sasl.authenticate"));
    default: {
      const algorithm = mechanism === "SCRAM-SHA-256" ? "SHA-256" : "SHA-512";
      return saslScramSha.authenticate(authenticateCall, connection, algorithm, username!, password!);
    }
  }
}

function promised<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, answer) => (error ? reject(error) : resolve(answer as T)));
  });
}
