import { type Duration, durationMs } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";

/** How a pipeline runs as a member of a Kafka consumer group. */
export interface KafkaGroupOptions {
  /** The consumer group: all processes that share its name share the work. Also the first part of its own topics' names. */
  readonly group: string;
  /**
   * `"exactly-once"` (default): results, state and offsets are committed in one transaction an interval. `"at-least-once"`:
   * results go before that transaction and are seen at once; after a crash those of the last interval come twice.
   */
  readonly guarantee?: "exactly-once" | "at-least-once" | undefined;
  /**
   * How long results may wait before they are committed and readers see them. Default `"100ms"`; a state that changes
   * without results is committed at the checkpoint interval.
   */
  readonly commitInterval?: Duration | undefined;
  /**
   * After so long without an end the brokers abort a transaction, and readers get past it: what a member that died, and that
   * nobody replaces, costs the readers of its results. Brokers look every 10 s unless they are set otherwise. At least twice
   * the checkpoint interval. Default `"15s"`.
   */
  readonly transactionTimeout?: Duration | undefined;
  /** A member that is silent for longer is taken for dead, and others take over. Default `"6s"`, the least that brokers allow. */
  readonly sessionTimeout?: Duration | undefined;
  /** Names this member over restarts, so that one that comes back within the session costs no rebalance. Different in each member. */
  readonly instanceId?: string | undefined;
  /** How often each record of the group's own topics is kept. Default: as the cluster's default is. */
  readonly replicas?: number | undefined;
}

/** The same, checked. */
export interface GroupSettings {
  readonly group: string;
  readonly guarantee: "exactly-once" | "at-least-once";
  readonly commitIntervalMs: number;
  /** Undefined: the default. */
  readonly transactionTimeoutMs: number | undefined;
  readonly sessionTimeoutMs: number;
  readonly instanceId: string | undefined;
  readonly replicas: number;
}

/** What Kafka takes as a part of a topic's name; the longest leaves room for the rest of it. */
const groupPattern = /^[A-Za-z0-9._-]{1,150}$/;

/** Throws `ML1002` for what cannot be used. */
export function groupSettings(options: KafkaGroupOptions): GroupSettings {
  const { group, guarantee = "exactly-once", commitInterval = "100ms", sessionTimeout = "6s", instanceId } = options;
  const { transactionTimeout } = options;
  if (!groupPattern.test(group)) {
    const message = `group is ${JSON.stringify(group)}; give up to 150 letters, digits, ".", "_" and "-", since its topics are named after it`;
    throw new MillraceError("ML1002", { message });
  }
  return {
    group,
    guarantee,
    commitIntervalMs: durationMs(commitInterval),
    transactionTimeoutMs: transactionTimeout === undefined ? undefined : durationMs(transactionTimeout),
    sessionTimeoutMs: durationMs(sessionTimeout),
    instanceId,
    replicas: options.replicas ?? -1,
  };
}
