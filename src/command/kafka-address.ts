import { MillraceError } from "../core/errors.ts";

/** A topic and the cluster that has it. */
export interface KafkaAddress {
  /** `HOST:PORT`, one or more. */
  readonly brokers: readonly string[];
  readonly topic: string;
}

const scheme = "kafka://";
const form = `${scheme}HOST:PORT[,HOST:PORT...]/TOPIC`;
/** A name or an IPv4 address, or an IPv6 address in brackets; then the port. */
const broker = /^(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/;
/** What Kafka itself takes for the name of a topic. */
const topicName = /^(?!\.{1,2}$)[\w.-]{1,249}$/;
const portMax = 65_535;

/** Whether a text is meant as the address of a topic: it begins with `kafka://`. */
export function isKafkaAddress(text: string): boolean {
  return text.startsWith(scheme);
}

/** Reads `kafka://HOST:PORT[,HOST:PORT...]/TOPIC`. Throws `ML1002` at everything else. */
export function kafkaAddress(text: string): KafkaAddress {
  const slash = text.indexOf("/", scheme.length);
  if (!isKafkaAddress(text) || slash < 0) throw wrong(text, `give ${form}`);
  const brokers = text.slice(scheme.length, slash).split(",");
  const topic = text.slice(slash + 1);
  const odd = brokers.find((place) => !isBroker(place));
  if (odd !== undefined) throw wrong(text, `"${odd}" is not HOST:PORT; give ${form}`);
  if (!topicName.test(topic)) {
    throw wrong(text, `"${topic}" is no name for a topic: 1 to 249 of the characters a-z, A-Z, 0-9, ".", "_" and "-"`);
  }
  return { brokers, topic };
}

function isBroker(text: string): boolean {
  const port = Number(broker.exec(text)?.[1]);
  return port >= 1 && port <= portMax;
}

function wrong(text: string, why: string): MillraceError {
  return new MillraceError("ML1002", { message: `"${text}" is not the address of a topic: ${why}` });
}
