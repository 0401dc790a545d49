import type { LatencyFigures } from "./latencies.ts";
import type { SimulationSettings } from "./settings.ts";

/** What the simulation tells its processes. */
export type Order =
  | { readonly type: "start"; readonly settings: SimulationSettings }
  /** To a process of clients: which are its own. */
  | ({ readonly type: "take"; readonly settings: SimulationSettings } & ClientsOfProcess)
  /** To a process of clients: connect the next so many of them. */
  | { readonly type: "connect"; readonly count: number }
  /** To a process of clients: connect those that never read, and those that come and go. */
  | { readonly type: "disturb" }
  /** To the source: send one more broadcast, so that it is seen which clients the server knows. */
  | { readonly type: "probe" }
  /** The sequence begins, with this number. */
  | { readonly type: "go"; readonly first: number }
  /** To the clients: when, on the shared clock, the sequence began to be sent, and that all of it was, with a rate how late each batch. */
  | { readonly type: "sent"; readonly lateMs: readonly number[] }
  | { readonly type: "begun"; readonly atMs: number };

/** The clients of a process. */
export interface ClientsOfProcess {
  /** Whose they are. */
  readonly users: readonly number[];
  /** Whether their latency is measured. */
  readonly measured: boolean;
}

/** What the source tells. */
export type SourceNews =
  | { readonly type: "connected" }
  | { readonly type: "probed"; readonly number: number }
  | { readonly type: "begun"; readonly atMs: number }
  | ({ readonly type: "sent" } & SourceResult)
  | Failed;

/** What the source did. */
export interface SourceResult {
  readonly lines: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Of that, how long the server let it wait. */
  readonly waitedMs: number;
  readonly cpuMs: number;
  /**
   * With a rate, by batch: how long after it was due the source went about sending it, as far as that is its own doing. While the server
   * holds the source back, and until it has caught up, 0: that time is the server's.
   */
  readonly lateMs: readonly number[];
}

/** What the clients tell. `ready`: each has received a probe. */
export type ClientsNews =
  | { readonly type: "connected" }
  | { readonly type: "ready" }
  | { readonly type: "going" }
  | ({ readonly type: "result" } & ClientsResult)
  | Failed;

/** What the clients found. */
export interface ClientsResult {
  /** What was wrong, a line each; empty when every client received exactly what it should. */
  readonly problems: readonly string[];
  readonly bytes: number;
  /** When the last byte came, on the shared clock. */
  readonly lastAtMs: number;
  readonly cpuMs: number;
  /** From when an event was sent to when a client had it, in milliseconds; with a rate only, and of the clients that are measured. */
  readonly latency: LatencyFigures | undefined;
  /** The same from when it was due to be sent. */
  readonly latencyFromDue: LatencyFigures | undefined;
}

/** The process cannot go on. */
export interface Failed {
  readonly type: "failed";
  readonly message: string;
}
