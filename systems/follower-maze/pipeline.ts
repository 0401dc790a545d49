import { type DeadLetter, type Pipeline, type Sink, type Slice, type Source, stream } from "millrace";
import type { Delivery } from "millrace/tcp";
import { type MazeEvent, mazeEvent, storedEvent } from "./event.ts";
import { followerGraph } from "./follower-graph.ts";

/** The rules by which events are put in order. */
export interface OrderRules {
  /** How long a missing number is waited for. */
  readonly gapTimeoutMs: number | "never";
  /** The most events that wait for a missing one. */
  readonly capacity: number;
  /** The most bytes of waiting events. */
  readonly capacityBytes: number;
  /** Whether an event is acted on only when it is durable in the state. */
  readonly durable?: boolean | undefined;
}

/** Where a pipeline's events come from and what they cause goes to. */
export interface Ends {
  /** Lines, each with its line end. */
  readonly events: Source<Slice>;
  readonly users: Sink<Delivery>;
  readonly deadLetters?: Sink<DeadLetter> | undefined;
}

/** Memory that an event takes besides its bytes while many wait, about. */
const eventOverheadBytes = 70;

/** Events that wait until they are durable: with a disk that takes its time, so many a commit. */
const journalCapacity = 50_000;

/** Puts events in order and tells each connected user what concerns them. */
export function followerMaze(rules: OrderRules, ends: Ends): Pipeline {
  const inOrder = stream("events", ends.events)
    .decode("event", mazeEvent)
    .resequence("order", {
      by: (event) => event.seq,
      first: 1,
      gapTimeout: rules.gapTimeoutMs,
      capacity: rules.capacity,
      capacityBytes: rules.capacityBytes,
      sizeOf: (event: MazeEvent) => event.bytes.length + eventOverheadBytes,
      codec: storedEvent,
    });
  const accepted = rules.durable ? inOrder.journal("log", { capacity: journalCapacity, codec: storedEvent }) : inOrder;
  const pipeline = accepted.process("route", followerGraph()).to("users", ends.users);
  return ends.deadLetters === undefined ? pipeline : pipeline.deadLetters("dead-letters", ends.deadLetters);
}
