import { type Broker, parseBroker } from "@platformatic/kafka";
import type { Timer } from "../../../core/clock.ts";
import { type BrokerAccess, BrokerConnection } from "./broker-connection.ts";
import { KafkaFailure } from "./kafka-failure.ts";
import { MessageMemory } from "./message-memory.ts";

/** How to reach a cluster. */
export interface ConnectionSettings extends BrokerAccess {
  /** `HOST:PORT` of some of its nodes. */
  readonly bootstrap: readonly string[];
  /** How long an answer may take. */
  readonly requestTimeoutMs: number;
  /** How long an answer may take that waits for other members of a group. */
  readonly waitTimeoutMs: number;
}

/** What goes over one connection: a node answers its requests in order, so what waits must not stand before what does not. */
export type Lane = "calls" | "fetch" | "produce" | "join";

/** The connections to a cluster's nodes, one a node and lane, made when needed and again when lost. */
export class Connections {
  /** Where large answers to fetches lie. */
  readonly memory = new MessageMemory();
  readonly #settings: ConnectionSettings;
  readonly #places = new Map<number, Broker>();
  readonly #open = new Map<string, Promise<BrokerConnection>>();
  /** Connections that are not used any more, and end when what they still wait for has come. */
  readonly #retired = new Map<BrokerConnection, Timer>();
  readonly #bootstrap: readonly Broker[];
  #nextBootstrap = 0;
  #closed = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#bootstrap = settings.bootstrap.map((broker) => parseBroker(broker));
  }

  /** Remembers where nodes are. One that has moved is connected to anew. */
  learn(nodes: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]): void {
    for (const { nodeId, host, port } of nodes) this.#places.set(nodeId, { host, port });
  }

  /** A connection to a node, or to any: the known ones and the bootstrap list in turns, so that a dead one is soon left. */
  to(node: number | undefined, lane: Lane): Promise<BrokerConnection> {
    if (this.#closed) return Promise.reject(new KafkaFailure("CLIENT", "the client is closed", false));
    if (node === undefined) return this.#at(this.#bootstrap[this.#nextBootstrap % this.#bootstrap.length]!, lane, true);
    const place = this.#places.get(node);
    if (place !== undefined) return this.#at(place, lane, false);
    return Promise.reject(new KafkaFailure("BROKER_NOT_AVAILABLE", `where node ${node} is, is not known`, true));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#retired.values()) timer.cancel();
    const all = [...this.#open.values(), ...[...this.#retired.keys()].map((connection) => Promise.resolve(connection))];
    this.#open.clear();
    this.#retired.clear();
    await Promise.all(all.map((connection) => connection.then((ready) => ready.close()).catch(() => {})));
  }

  #at(place: Broker, lane: Lane, isBootstrap: boolean): Promise<BrokerConnection> {
    const key = `${place.host}:${place.port}/${lane}`;
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const forget = () => {
      if (this.#open.get(key) === made) this.#open.delete(key);
    };
    const made = this.#connect(place, lane, forget);
    this.#open.set(key, made);
    made.catch(() => {
      forget();
      if (isBootstrap) this.#nextBootstrap++;
    });
    return made;
  }

  /**
   * A broker that bounds how long it takes somebody for who he said he was lets a connection say it again, but nothing else
   * meanwhile. So a new connection takes the old one's place, which is left with what it still waits for.
   */
  #retire(connection: BrokerConnection, lane: Lane): void {
    if (this.#closed) return;
    const end = () => {
      this.#retired.delete(connection);
      void connection.close();
    };
    this.#retired.set(connection, this.#settings.clock.timer(this.#patienceMs(lane), end));
  }

  #patienceMs(lane: Lane): number {
    return lane === "join" ? this.#settings.waitTimeoutMs : this.#settings.requestTimeoutMs;
  }

  #connect(place: Broker, lane: Lane, forget: () => void): Promise<BrokerConnection> {
    return BrokerConnection.open(place, {
      ...this.#settings,
      answerTimeoutMs: this.#patienceMs(lane),
      memory: lane === "fetch" ? this.memory : new MessageMemory(),
      onEnd: forget,
      onSessionEnds: (connection) => {
        forget();
        this.#retire(connection, lane);
      },
    });
  }
}
