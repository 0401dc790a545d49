import type { ConnectionOptions } from "@platformatic/kafka";
import type { Clock } from "../../core/clock.ts";
import { MillraceError } from "../../core/errors.ts";
import type { KafkaClient } from "./client/kafka-client.ts";
import { PlatformaticClient } from "./client/platformatic-client.ts";

/** How a cluster is reached; the same for sources and sinks. */
export interface KafkaOptions {
  /** Some of the cluster's nodes, `HOST:PORT` each, the others are found through them. */
  readonly brokers: string | readonly string[];
  /** How the pipeline is called in the brokers' logs and quotas. Default `"millrace"`. */
  readonly clientId?: string;
  /** TLS, as `node:tls` takes it. Default none. */
  readonly tls?: ConnectionOptions["tls"];
  /** SASL: a mechanism and what it needs. Default none. */
  readonly sasl?: ConnectionOptions["sasl"];
}

/** Whether two options name the same nodes, in whatever order: as far as can be told without asking, one cluster. */
export function isSameCluster(one: KafkaOptions, other: KafkaOptions): boolean {
  const text = (options: KafkaOptions) => brokersOf(options).sort().join();
  return text(one) === text(other);
}

function brokersOf({ brokers }: KafkaOptions): string[] {
  return (typeof brokers === "string" ? brokers.split(",") : [...brokers]).map((text) => text.trim());
}

/** A client for the options. Throws `ML1002` when no broker is named. */
export function openClient(options: KafkaOptions, clock: Clock): KafkaClient {
  const { brokers, clientId = "millrace", tls, sasl } = options;
  const bootstrap = brokersOf(options);
  if (bootstrap.length === 0 || bootstrap.includes("")) {
    throw new MillraceError("ML1002", {
      message: `brokers is ${JSON.stringify(brokers)}; give HOST:PORT, one or more`,
    });
  }
  const times = { connectTimeoutMs: 5000, requestTimeoutMs: 30_000, waitTimeoutMs: 120_000 };
  return new PlatformaticClient({ bootstrap, clientId, clock, ...times, tls, sasl });
}
