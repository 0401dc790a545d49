import { type Clock, sleep } from "../../../core/clock.ts";
import type { Random } from "../../../core/random.ts";
import {
  type GroupMembership,
  type JoinedGroup,
  type KafkaClient,
  nameOf,
  type TopicPartition,
} from "../client/kafka-client.ts";
import { failedWith, KafkaFailure } from "../client/kafka-failure.ts";
import { Coordinator } from "../coordinator.ts";
import { assignSticky, type Member, withoutOwned } from "./assign.ts";
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from "./subscription.ts";

/** How a member is set. */
export interface GroupMemberOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly groupId: string;
  /** Names the member over restarts: one that comes back within the session gets its partitions again, without a rebalance. */
  readonly instanceId?: string | undefined;
  /** The partitions of all topics that this member wants to share, as they are just now. */
  readonly partitions: () => Promise<readonly TopicPartition[]>;
  /** A member that is silent for longer is taken for dead. The broker's own least is 6 s unless it is set otherwise. */
  readonly sessionTimeoutMs: number;
  /** How long a rebalance waits for members that are alive. */
  readonly rebalanceTimeoutMs: number;
  /** How often the leader looks whether topics have grown. */
  readonly lookMs: number;
  /** These are to be read from now on, besides those held already. */
  readonly onAssigned: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** These are to be given up: what is done on them can still be committed until the returned promise resolves. */
  readonly onRevoked: (partitions: readonly TopicPartition[]) => Promise<void>;
  /** These belong to others already: nothing of them can be committed any more. */
  readonly onLost: (partitions: readonly TopicPartition[]) => Promise<void>;
  readonly onTrouble: (failure: KafkaFailure) => void;
}

/** The one way that members of ours share partitions; with members of other clients none is in common, which the broker refuses. */
const protocol = "millrace-cooperative-sticky";
const heartbeatsInSession = 4;
const retryPauseMs = 100;

/**
 * A member of a consumer group, classic protocol. It joins, keeps its session alive, and takes part in rebalances, in which
 * only the partitions that change hands stop: the others go on being read. The heartbeat runs on the clock's timers, so
 * whoever works on records has to give timers their turn well within the session; the engine's feed does so every 10 ms.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #coordinator: Coordinator;
  readonly #stopped = new AbortController();
  readonly #held = new Map<string, TopicPartition>();
  #memberId = "";
  #generation = -1;
  /** The generation in which what is held was assigned. */
  #heldSince = -1;
  #running: Promise<void> | undefined;
  #assigned = 0;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#coordinator = new Coordinator(options.client, "group", options.groupId);
  }

  /** What offsets are committed with: a commit of an older generation the broker refuses. */
  get membership(): GroupMembership {
    const { groupId, instanceId } = this.#options;
    return { groupId, instanceId, memberId: this.#memberId, generation: this.#generation };
  }

  /** How many partitions this member has just now. */
  get size(): number {
    return this.#held.size;
  }

  /** How many assignments it has got so far. */
  get assignments(): number {
    return this.#assigned;
  }

  /** Asks the group whether it still takes this member for one, and for the owner of the partition. False also when nobody answers. */
  async holds(place: TopicPartition): Promise<boolean> {
    if (!this.#held.has(nameOf(place))) return false;
    try {
      await this.#coordinator.once((node) => this.#options.client.heartbeat(node, this.membership));
    } catch (thrown) {
      // A rebalance under way takes nothing from anybody who was not told to give it up.
      if (!failedWith(thrown, "REBALANCE_IN_PROGRESS")) return false;
    }
    return this.#held.has(nameOf(place));
  }

  /** Joins and stays until `close`. Rejects when the group refuses this member for good. */
  run(): Promise<void> {
    this.#running ??= this.#stay();
    return this.#running;
  }

  /** Leaves, so that the others need not wait for the session's end; a static member stays in the books until then. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#running?.catch(() => {});
    if (this.#memberId === "" || this.#options.instanceId !== undefined) return;
    const leave = (node: number) => this.#options.client.leave(node, this.membership, "the pipeline stops");
    await this.#coordinator.once(leave).catch(() => {});
  }

  async #stay(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#rebalance();
        await this.#heartbeats();
      } catch (thrown) {
        await this.#recover(thrown);
      }
    }
  }

  /** What to do after a failed call, before joining again; throws what cannot be mended. */
  async #recover(thrown: unknown): Promise<void> {
    if (!(thrown instanceof KafkaFailure)) throw thrown;
    if (thrown.code === "REBALANCE_IN_PROGRESS") return;
    if (thrown.code === "MEMBER_ID_REQUIRED") {
      this.#memberId = thrown.memberId ?? "";
      return;
    }
    if (failedWith(thrown, "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION")) {
      if (thrown.code === "UNKNOWN_MEMBER_ID") this.#memberId = "";
      return this.#loseAll();
    }
    if (!thrown.retryable) throw thrown;
    this.#options.onTrouble(thrown);
    await sleep(this.#options.clock, retryPauseMs, this.#stopped.signal);
  }

  async #rebalance(): Promise<void> {
    const partitions = await this.#options.partitions();
    const joined = await this.#join(partitions);
    this.#memberId = joined.memberId;
    this.#generation = joined.generation;
    const assignments = joined.isLeader && !joined.skipAssignment ? this.#assignAll(joined, partitions) : [];
    const { client } = this.#options;
    const sync = (node: number) => client.sync(node, this.membership, joined.protocol, assignments);
    await this.#take(decodeAssignment(await this.#coordinator.once(sync)));
    this.#looksAfter = joined.isLeader ? namesOf(partitions) : undefined;
  }

  /** The leader's duty: by name, the partitions it spread. */
  #looksAfter: string | undefined;

  #join(partitions: readonly TopicPartition[]): Promise<JoinedGroup> {
    const { client, groupId, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const topics = [...new Set(partitions.map(({ topic }) => topic))].sort();
    const metadata = encodeSubscription({ topics, owned: [...this.#held.values()], generation: this.#heldSince });
    const protocols = [{ name: protocol, metadata }];
    const times = { sessionTimeoutMs, rebalanceTimeoutMs };
    const reason = this.#generation < 0 ? "a new member" : "a rebalance";
    const request = { groupId, instanceId, memberId: this.#memberId, ...times, protocols, reason };
    return this.#coordinator.once((node) => client.join(node, request));
  }

  #assignAll({ members }: JoinedGroup, partitions: readonly TopicPartition[]) {
    const all = members.map(({ memberId, metadata }): Member => ({ memberId, ...decodeSubscription(metadata) }));
    const assignment = withoutOwned(assignSticky(all, partitions), all);
    return [...assignment].map(([memberId, places]) => ({ memberId, assignment: encodeAssignment(places) }));
  }

  /** Gives up what is gone, and then joins again at once, so that others may have it; takes what is new. */
  async #take(assigned: readonly TopicPartition[]): Promise<void> {
    const now = new Map(assigned.map((place) => [nameOf(place), place]));
    const revoked = [...this.#held].filter(([name]) => !now.has(name)).map(([, place]) => place);
    const added = [...now].filter(([name]) => !this.#held.has(name)).map(([, place]) => place);
    this.#heldSince = this.#generation;
    if (revoked.length > 0) await this.#beating(this.#options.onRevoked(revoked));
    for (const place of revoked) this.#held.delete(nameOf(place));
    for (const place of added) this.#held.set(nameOf(place), place);
    this.#assigned++;
    if (added.length > 0) await this.#options.onAssigned(added);
    if (revoked.length > 0) throw new KafkaFailure("REBALANCE_IN_PROGRESS", "partitions were given up", true);
  }

  /** Keeps the session alive while what is given up is being finished: that may take longer than a session lasts. */
  async #beating(work: Promise<void>): Promise<void> {
    const { client, clock, sessionTimeoutMs } = this.#options;
    const over = new AbortController();
    const beat = async () => {
      for (;;) {
        await sleep(clock, sessionTimeoutMs / heartbeatsInSession, over.signal);
        if (over.signal.aborted) return;
        // Whatever it answers: what the group thinks of this member the next join tells.
        await this.#coordinator.once((node) => client.heartbeat(node, this.membership)).catch(() => {});
      }
    };
    const beats = beat();
    try {
      await work;
    } finally {
      over.abort();
      await beats;
    }
  }

  /** Until a heartbeat fails, which is how a member learns that it has to join again. */
  async #heartbeats(): Promise<void> {
    const { client, clock, sessionTimeoutMs, lookMs } = this.#options;
    let lookedAt = clock.monotonic();
    while (!this.#stopped.signal.aborted) {
      await sleep(clock, sessionTimeoutMs / heartbeatsInSession, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      await this.#beat((node) => client.heartbeat(node, this.membership));
      if (this.#looksAfter === undefined || clock.monotonic() - lookedAt < lookMs) continue;
      lookedAt = clock.monotonic();
      if (namesOf(await this.#options.partitions()) !== this.#looksAfter) return;
    }
  }

  /** A broker that is away for a moment is no reason to join again. */
  async #beat(heartbeat: (node: number) => Promise<void>): Promise<void> {
    try {
      await this.#coordinator.once(heartbeat);
    } catch (thrown) {
      if (failedWith(thrown, "REBALANCE_IN_PROGRESS") || !(thrown instanceof KafkaFailure) || !thrown.retryable)
        throw thrown;
      this.#options.onTrouble(thrown);
    }
  }

  async #loseAll(): Promise<void> {
    const lost = [...this.#held.values()];
    this.#held.clear();
    this.#heldSince = -1;
    if (lost.length > 0) await this.#options.onLost(lost);
  }
}

function namesOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(nameOf).sort().join(" ");
}
