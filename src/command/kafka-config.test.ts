import { execFileSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import { pems } from "./kafka-config.fixture.ts";
import { kafkaConfigOption } from "./kafka-config.ts";
import { readOptions } from "./options.ts";

const passphrase = "a secret of its own";
const lockedKey = String(
  createPrivateKey(pems["key.pem"]).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-kafka-config-"));
  mkdirSync(join(folder, "folder"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const files = { ...pems, "none.pem": "secret", "locked.pem": lockedKey };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  writeFileSync(join(folder, "kafka.json"), text);
  return readAt("kafka.json");
}

function readAt(name: string) {
  return readOptions({ "kafka-config": kafkaConfigOption }, { "kafka-config": [join(folder, name)] })["kafka-config"];
}

const sasl = { mechanism: "SCRAM-SHA-256", username: "alice", password: "a secret" };

test.each([
  ["sasl alone", { sasl }, { sasl }],
  ["tls alone", { tls: true }, { tls: {} }],
  ["an empty tls", { tls: {} }, { tls: {} }],
  [
    "everything",
    { sasl, tls: { ca: "ca.pem", cert: "folder/../cert.pem", key: "key.pem", servername: "broker" } },
    { sasl, tls: { ca: pems["ca.pem"], cert: pems["cert.pem"], key: pems["key.pem"], servername: "broker" } },
  ],
  [
    "a key that is locked",
    { tls: { cert: "cert.pem", key: "locked.pem", passphrase } },
    { tls: { cert: pems["cert.pem"], key: lockedKey, passphrase } },
  ],
])("%s is taken as the connector takes it, files by their content", (_, given, taken) => {
  expect(read(JSON.stringify(given))).toEqual(taken);
});

test.each(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])("mechanism %s", (mechanism) => {
  expect(read(JSON.stringify({ sasl: { ...sasl, mechanism } }))).toEqual({ sasl: { ...sasl, mechanism } });
});

const notTheirs = "tls.cert and tls.key are not a certificate and its key in PEM, or tls.passphrase is not the key's";
const missing = "tls.ca, taken from the folder of the file, cannot be read (ENOENT)";

test.each<[unknown, string]>([
  ['{"sasl": {"password": secret}}', "the file is not JSON"],
  ["", "the file is not JSON"],
  [["secret"], "the file is no object of sasl, tls"],
  [null, "the file is no object of sasl, tls"],
  [{}, "the file has neither sasl nor tls"],
  [{ SASL: sasl }, 'the file has "SASL", which is none of sasl, tls'],
  ['{"__proto__": {}, "tls": true}', 'the file has "__proto__", which is none of sasl, tls'],
  [{ sasl: "secret" }, "sasl is no object of mechanism, username, password"],
  [{ sasl: { ...sasl, mechanism: "secret" } }, "sasl.mechanism is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"],
  [{ sasl: { ...sasl, username: undefined } }, "sasl.username is missing, or no text"],
  [{ sasl: { ...sasl, username: ["secret"] } }, "sasl.username is missing, or no text"],
  [{ sasl: { ...sasl, password: 5 } }, "sasl.password is missing, or no text"],
  [{ sasl: { ...sasl, password: "" } }, "sasl.password is missing, or no text"],
  [{ sasl: { ...sasl, token: "secret" } }, 'sasl has "token", which is none of mechanism, username, password'],
  [{ tls: false }, "tls is no object of ca, cert, key, passphrase, servername"],
  [
    { tls: { rejectUnauthorized: false } },
    'tls has "rejectUnauthorized", which is none of ca, cert, key, passphrase, servername',
  ],
  [{ tls: { servername: 5 } }, "tls.servername is missing, or no text"],
  [{ tls: { ca: 5 } }, "tls.ca is missing, or no text"],
  [{ tls: { ca: "none" } }, missing],
  // Where the text stands in the place of a file's name.
  [{ tls: { ca: "-----BEGIN PRIVATE KEY-----\nsecret" } }, missing],
  [{ tls: { ca: "secret\0" } }, "tls.ca, taken from the folder of the file, cannot be read (ERR_INVALID_ARG_VALUE)"],
  [{ tls: { ca: "folder" } }, "tls.ca, taken from the folder of the file, is a folder or a pipe"],
  [{ tls: { ca: "none.pem" } }, "tls.ca holds no certificate in PEM"],
  [{ tls: { cert: "cert.pem" } }, "tls.cert and tls.key go together"],
  [{ tls: { key: "key.pem" } }, "tls.cert and tls.key go together"],
  [{ tls: { cert: "cert.pem", key: "none.pem" } }, notTheirs],
  [{ tls: { cert: "ca.pem", key: "key.pem" } }, notTheirs],
  [{ tls: { cert: "cert.pem", key: "locked.pem" } }, notTheirs],
  [{ tls: { cert: "cert.pem", key: "locked.pem", passphrase: "another secret" } }, notTheirs],
  [{ tls: { cert: "cert.pem", key: "locked.pem", passphrase: 5 } }, "tls.passphrase is missing, or no text"],
  [{ tls: { passphrase: "secret" } }, "tls.passphrase is for a tls.key"],
])("%j is refused: %s", (given, why) => {
  const error = refusal(() => read(typeof given === "string" ? given : JSON.stringify(given)));
  expect(error.message).toMatch(/^ML1002: --kafka-config: /);
  expect(error.message).toContain(`--kafka-config: ${why}`);
  expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain("secret");
});

test.each([
  ["none.json", "the file cannot be read (ENOENT)"],
  ["folder", "the file is a folder or a pipe; give a file"],
  ["pipe", "the file is a folder or a pipe; give a file"],
])("--kafka-config %s is refused: %s", (name, why) => {
  expect(refusal(() => readAt(name)).message).toContain(`ML1002: --kafka-config: ${why}`);
});

function refusal(work: () => unknown): MillraceError {
  try {
    work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(MillraceError);
    return thrown as MillraceError;
  }
  throw new Error("it was taken");
}
