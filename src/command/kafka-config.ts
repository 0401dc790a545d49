import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import type { OptionSpec } from "./options.ts";

/** What a guarded cluster wants from who connects to it, as Kafka sources and sinks take it. */
export interface KafkaConfig {
  readonly sasl?: {
    readonly mechanism: (typeof mechanisms)[number];
    readonly username: string;
    readonly password: string;
  };
  readonly tls?: KafkaTls;
}

/** The texts of PEM files, what the key is locked with, and the name that the broker's certificate must have. */
interface KafkaTls {
  ca?: string;
  cert?: string;
  key?: string;
  passphrase?: string;
  servername?: string;
}

const mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

/**
 * `--kafka-config`: a JSON file with what a guarded cluster wants, so that no secret is on a command line, where every user of the
 * machine can read it. Nothing that the file holds is in an error, except names of fields: what stands in the wrong place may be the secret.
 */
export const kafkaConfigOption: OptionSpec<KafkaConfig | undefined> = {
  placeholder: "FILE",
  about:
    "with kafka:// on a guarded cluster: a JSON file, " +
    '{"sasl": {"mechanism": "SCRAM-SHA-512", "username": "...", "password": "..."}, "tls": {"ca": "ca.pem"}}; sasl or tls may be left out; ' +
    "mechanism is also SCRAM-SHA-256 or PLAIN; tls also takes cert and key, PEM files relative to this one, passphrase of the key, and servername, " +
    "or is true for authorities that Node trusts",
  fallback: undefined,
  fallbackText: undefined,
  many: false,
  read: (texts) => kafkaConfig(texts.at(-1)!),
};

function kafkaConfig(path: string): KafkaConfig {
  const whole = fieldsOf("the file", parsed(contentOf("the file", path)), ["sasl", "tls"]);
  const { sasl, tls } = whole;
  if (sasl === undefined && tls === undefined) throw new Error("the file has neither sasl nor tls");
  return {
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
    ...(tls === undefined ? {} : { tls: tls === true ? {} : tlsOf(tls, dirname(path)) }),
  };
}

/** Without what `JSON.parse` says, which cites the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('the file is not JSON; give {"sasl": {...}, "tls": {...}}');
  }
}

function saslOf(value: unknown): KafkaConfig["sasl"] & {} {
  const { mechanism, username, password } = fieldsOf("sasl", value, ["mechanism", "username", "password"]);
  const known = mechanisms.find((one) => one === mechanism);
  if (known === undefined) throw new Error(`sasl.mechanism is none of ${mechanisms.join(", ")}`);
  return {
    mechanism: known,
    username: textOf("sasl.username", username),
    password: textOf("sasl.password", password),
  };
}

function tlsOf(value: unknown, folder: string): KafkaTls {
  const given = fieldsOf("tls", value, ["ca", "cert", "key", "passphrase", "servername"]);
  if ((given.cert === undefined) !== (given.key === undefined)) throw new Error("tls.cert and tls.key go together");
  const tls: KafkaTls = {};
  for (const name of ["ca", "cert", "key"] as const) {
    if (given[name] === undefined) continue;
    const file = textOf(`tls.${name}`, given[name]);
    tls[name] = contentOf(`tls.${name}, taken from the folder of the file,`, resolve(folder, file));
  }
  if (given.passphrase !== undefined && given.key === undefined) throw new Error("tls.passphrase is for a tls.key");
  for (const name of ["passphrase", "servername"] as const) {
    if (given[name] !== undefined) tls[name] = textOf(`tls.${name}`, given[name]);
  }
  checkPem(tls);
  return tls;
}

/** What `node:tls` cannot use would otherwise be told at each connection, as trouble on the way to the broker. */
function checkPem({ ca, cert, key, passphrase }: KafkaTls): void {
  try {
    if (ca !== undefined) new X509Certificate(ca);
  } catch {
    throw new Error("tls.ca holds no certificate in PEM");
  }
  try {
    createSecureContext({ cert, key, passphrase });
  } catch {
    throw new Error(
      "tls.cert and tls.key are not a certificate and its key in PEM, or tls.passphrase is not the key's",
    );
  }
}

function fieldsOf<const Name extends string>(
  what: string,
  value: unknown,
  names: readonly Name[],
): Readonly<Partial<Record<Name, unknown>>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${what} is no object of ${names.join(", ")}`);
  }
  const odd = Object.keys(value).find((name) => !names.some((one) => one === name));
  if (odd !== undefined) throw new Error(`${what} has ${JSON.stringify(odd)}, which is none of ${names.join(", ")}`);
  return value as Readonly<Partial<Record<Name, unknown>>>;
}

function textOf(what: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Error(`${what} is missing, or no text`);
  return value;
}

/** Only of files: a pipe could not be read again by each thread of `--workers`. */
function contentOf(what: string, path: string): string {
  try {
    if (statSync(path).isFile()) return readFileSync(path, "utf8");
  } catch (thrown) {
    throw new Error(`${what} cannot be read (${(thrown as NodeJS.ErrnoException).code})`);
  }
  throw new Error(`${what} is a folder or a pipe; give a file`);
}
