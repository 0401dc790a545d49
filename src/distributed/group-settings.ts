import { type Duration, durationMs } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";

/** How a pipeline runs as a member of a Kafka consumer group. */
export interface KafkaGroupOptions {
  /** The consumer group: all processes that share its name share the work. Also the first part of its own topics' names. */
  readonly group: string;
  /**
   * `"exactly-once"` (default): results, state and offsets are committed in one transaction an interval. `"at-least-once"`:
   * without transactions; after a crash the last interval's results, and what it changed in the state, may come twice.
   */
  readonly guarantee?: "exactly-once" | "at-least-once" | undefined;
  /**
   * How long results may wait before they are committed and readers see them. Default `"100ms"`; a state that changes
   * without results is committed at the checkpoint interval.
   */
  readonly commitInterval?: Duration | undefined;
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
  readonly sessionTimeoutMs: number;
  readonly instanceId: string | undefined;
  readonly replicas: number;
}

/** What Kafka takes as a part of a topic's name; the longest leaves room for the rest of it. */
const groupPattern = /^[A-Za-z0-9._-]{1,150}$/;

/** Throws `ML1002` for what cannot be used. */
export function groupSettings(options: KafkaGroupOptions): GroupSettings {
  const { group, guarantee = "exactly-once", commitInterval = "100ms", sessionTimeout = "6s", instanceId } = options;
  if (!groupPattern.test(group)) {
    const message = `group is ${JSON.stringify(group)}; give up to 150 letters, digits, ".", "_" and "-", since its topics are named after it`;
    throw new MillraceError("ML1002", { message });
  }
  return {
    group,
    guarantee,
    commitIntervalMs: durationMs(commitInterval),
    sessionTimeoutMs: durationMs(sessionTimeout),
    instanceId,
    replicas: options.replicas ?? -1,
  };
}
