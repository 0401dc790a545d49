import { execFile } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { alterUserScramCredentialsV0, Connection } from "@platformatic/kafka";
import { startBroker } from "../../tools/kafka/broker.ts";
import type { RunningBroker } from "../../tools/kafka/running-broker.ts";

/** A broker that wants to know whom it talks to, and shows who it is itself. */
export interface SecureBroker {
  readonly broker: RunningBroker;
  /** The certificate that it shows, PEM: it is its own authority, and says `localhost` and `127.0.0.1`. */
  readonly certificate: string;
}

/** Whom it takes, by any mechanism. */
export const user = { username: "alice", password: "alice's secret" };

/** How long the listener `SASL` takes somebody for who he said he was. */
export const sessionMs = 800;

const keyPassword = "changeit";
const iterations = 4096;
/** By the protocol's number. */
const scram = { 1: { digest: "sha256", bytes: 32 }, 2: { digest: "sha512", bytes: 64 } } as const;

/** Starts one, its keys in the folder: `SASL` without and `SASL_TLS` with encryption, `TLS` for everybody. */
export async function startSecureBroker(folder: string): Promise<SecureBroker> {
  const keystore = join(folder, "broker.p12");
  const certificate = join(folder, "broker.pem");
  const store = ["-alias", "broker", "-keystore", keystore, "-storetype", "PKCS12", "-storepass", keyPassword];
  const names = ["-dname", "CN=broker", "-ext", "san=ip:127.0.0.1,dns:localhost", "-validity", "2"];
  await promisify(execFile)("keytool", ["-genkeypair", "-keyalg", "EC", ...names, ...store]);
  await promisify(execFile)("keytool", ["-exportcert", "-rfc", "-file", certificate, ...store]);
  const broker = await startBroker({
    quick: true,
    listeners: { SASL: "SASL_PLAINTEXT", TLS: "SSL", SASL_TLS: "SASL_SSL" },
    settings: {
      "connection.failed.authentication.delay.ms": "0",
      "ssl.keystore.location": keystore,
      "ssl.keystore.type": "PKCS12",
      "ssl.keystore.password": keyPassword,
      ...saslSettings("sasl"),
      "listener.name.sasl.connections.max.reauth.ms": String(sessionMs),
      ...saslSettings("sasl_tls"),
    },
  });
  await addUser(broker);
  return { broker, certificate: readFileSync(certificate, "utf8") };
}

function saslSettings(listener: string): Record<string, string> {
  const kafka = "org.apache.kafka.common.security";
  const known = `user_${user.username}="${user.password}"`;
  const login = (mechanism: string, text: string) => [`listener.name.${listener}.${mechanism}.sasl.jaas.config`, text];
  return Object.fromEntries([
    [`listener.name.${listener}.sasl.enabled.mechanisms`, "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"],
    login("plain", `${kafka}.plain.PlainLoginModule required ${known};`),
    ...["scram-sha-256", "scram-sha-512"].map((name) => login(name, `${kafka}.scram.ScramLoginModule required;`)),
  ]);
}

/** What SCRAM goes by is kept by the cluster, and salted. */
async function addUser({ port }: RunningBroker): Promise<void> {
  const connection = new Connection("millrace-test");
  await connection.connect("127.0.0.1", port);
  const salt = randomBytes(16);
  for (const [mechanism, { digest, bytes }] of Object.entries(scram)) {
    const saltedPassword = pbkdf2Sync(user.password, salt, iterations, bytes, digest);
    const entry = { name: user.username, mechanism: Number(mechanism), iterations, salt, saltedPassword };
    // A request must not name a user twice.
    await alterUserScramCredentialsV0.api.async(connection, [], [entry]);
  }
  await connection.close();
}
