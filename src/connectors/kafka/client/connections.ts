import { type Broker, Connection, type ConnectionOptions, parseBroker } from "@platformatic/kafka";
import { JoinedMessages } from "./joined-messages.ts";
import { KafkaFailure } from "./kafka-failure.ts";
import { MessageMemory } from "./message-memory.ts";

/** How to reach a cluster. */
export interface ConnectionSettings {
  /** `HOST:PORT` of some of its nodes. */
  readonly bootstrap: readonly string[];
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  /** How long an answer may take. */
  readonly requestTimeoutMs: number;
  /** How long an answer may take that waits for other members of a group. */
  readonly waitTimeoutMs: number;
  readonly tls?: ConnectionOptions["tls"] | undefined;
  readonly sasl?: ConnectionOptions["sasl"] | undefined;
}

/** What goes over one connection: a node answers its requests in order, so what waits must not stand before what does not. */
export type Lane = "calls" | "fetch" | "produce" | "join";

/** The connections to a cluster's nodes, one a node and lane, made when needed and again when lost. */
export class Connections {
  /** Where large answers to fetches lie. */
  readonly memory = new MessageMemory();
  readonly #settings: ConnectionSettings;
  readonly #places = new Map<number, Broker>();
  readonly #open = new Map<string, Promise<Connection>>();
  /** Connections that are not used any more, and end when what they still wait for has come. */
  readonly #retired = new Map<Connection, NodeJS.Timeout>();
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
  to(node: number | undefined, lane: Lane): Promise<Connection> {
    if (this.#closed) return Promise.reject(new KafkaFailure("CLIENT", "the client is closed", false));
    if (node === undefined) return this.#at(this.#bootstrap[this.#nextBootstrap % this.#bootstrap.length]!, lane, true);
    const place = this.#places.get(node);
    if (place !== undefined) return this.#at(place, lane, false);
    return Promise.reject(new KafkaFailure("BROKER_NOT_AVAILABLE", `where node ${node} is, is not known`, true));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#retired.values()) clearTimeout(timer);
    const all = [...this.#open.values(), ...[...this.#retired.keys()].map((connection) => Promise.resolve(connection))];
    this.#open.clear();
    this.#retired.clear();
    await Promise.all(all.map((connection) => connection.then((ready) => ready.close()).catch(() => {})));
  }

  #at(place: Broker, lane: Lane, isBootstrap: boolean): Promise<Connection> {
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
   * meanwhile, and the package sends on: that ends what is under way. So a new connection takes the old one's place, which
   * is left with what it still waits for.
   */
  #retire(connection: Connection, lane: Lane): void {
    if (this.#closed) return;
    const end = () => {
      this.#retired.delete(connection);
      connection.close().catch(() => {});
    };
    this.#retired.set(connection, setTimeout(end, this.#patienceMs(lane)).unref());
  }

  #patienceMs(lane: Lane): number {
    return lane === "join" ? this.#settings.waitTimeoutMs : this.#settings.requestTimeoutMs;
  }

  /** Fetches bring megabytes: they are put together here, in memory of ours, before the package's own reader sees them. */
  #join({ socket }: Connection): void {
    const [readOn] = socket.listeners("data") as ((bytes: Buffer) => void)[];
    if (readOn === undefined) return;
    socket.off("data", readOn);
    const messages = new JoinedMessages(this.memory, readOn);
    socket.on("data", (piece: Buffer) => messages.take(piece));
    socket.on("close", () => messages.end());
  }

  async #connect(place: Broker, lane: Lane, forget: () => void): Promise<Connection> {
    const { clientId, connectTimeoutMs, tls, sasl } = this.#settings;
    const connection = new Connection(clientId, {
      connectTimeout: connectTimeoutMs,
      requestTimeout: this.#patienceMs(lane),
      ...(tls === undefined ? {} : { tls }),
      ...(sasl === undefined ? {} : { sasl }),
    });
    // Calls under way learn of it by themselves; an event without a listener would end the process.
    connection.on("error", forget);
    connection.on("close", forget);
    connection.reauthenticate = () => {
      forget();
      this.#retire(connection, lane);
    };
    await connection.connect(place.host, place.port);
    if (lane === "fetch") this.#join(connection);
    return connection;
  }
}
