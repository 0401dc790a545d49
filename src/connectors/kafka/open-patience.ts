import type { KafkaFailure } from "./client/kafka-failure.ts";
import type { Patience } from "./retrying.ts";

/** How long a cluster may be away when something is opened that needs it: a broker that restarts has some seconds of work to do. */
const awayMsMax = 30_000;
/** How long one that answers may not have what is asked for: a topic that was made just now spreads within moments. */
const missingMsMax = 5000;

/** What something is opened with: all of a {@link Patience} but for how long. */
export interface OpenContext extends Pick<Patience, "clock" | "random" | "signal" | "also"> {
  /** Takes what is waited for, for people: each reason once. */
  readonly tell?: ((message: string) => void) | undefined;
  /** How long a cluster may be away, when other than usual. */
  readonly awayMs?: number | undefined;
}

/** With what patience anything is opened: half a minute for a cluster to come back, 5 s for a topic; people are told what for. */
export function openPatience({
  clock,
  random,
  signal,
  also,
  tell = () => {},
  awayMs = awayMsMax,
}: OpenContext): Patience {
  const told = new Set<string>();
  const onRetry = ({ message }: KafkaFailure) => {
    if (!told.has(message)) tell(`waiting for Kafka: ${message}`);
    told.add(message);
  };
  const patienceMs = ({ code }: KafkaFailure) => (code === "NETWORK" ? awayMs : missingMsMax);
  return { clock, random, signal, also, patienceMs, onRetry };
}
