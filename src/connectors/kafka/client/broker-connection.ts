import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  type Broker,
  type Callback,
  type Connection,
  type ConnectionOptions,
  Reader,
  type RequestCreator,
  type ResponseParser,
  Writer,
} from "@platformatic/kafka";
import type { Clock, Timer } from "../../../core/clock.ts";
import { authenticate } from "./authenticate.ts";
import { connectFailure, foreignAnswer } from "./failures.ts";
import { KafkaFailure } from "./kafka-failure.ts";
import type { MessageMemory } from "./message-memory.ts";
import { MessageReader } from "./message-reader.ts";

/** How any node of a cluster is connected to. */
export interface BrokerAccess {
  readonly clientId: string;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly tls?: ConnectionOptions["tls"] | undefined;
  readonly sasl?: ConnectionOptions["sasl"] | undefined;
}

/** How one connection is made, and what is done with it. */
export interface BrokerConnectionSettings extends BrokerAccess {
  /** How long an answer may take. */
  readonly answerTimeoutMs: number;
  /** Where large answers are to lie. */
  readonly memory: MessageMemory;
  /** Called once when it is of no use any more. */
  readonly onEnd: () => void;
  /** Called when the node will soon want to hear again who we are, which this connection does not tell it. */
  readonly onSessionEnds: (connection: BrokerConnection) => void;
}

/** Of the time a node takes somebody for who he said he was: after so much he should have said it again. */
const sessionShare = 0.8;
/** What an answer begins with: its size, and whose it is. */
const answerHeadBytes = 8;
const idAt = 4;
const idMax = 0x7fffffff;

/** A request that waits for its answer. */
interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly parse: ResponseParser<unknown>;
  readonly hasTags: boolean;
  readonly callback: Callback<unknown>;
  readonly timer: Timer;
}

/**
 * A connection to a node, which sends what the package's calls make and gives them the answers. Its socket reads to where messages are
 * to lie, which the package's own connection leaves no way to ask for.
 */
export class BrokerConnection {
  readonly #place: string;
  readonly #settings: BrokerConnectionSettings;
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  readonly #requests = new Map<number, Request>();
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #lastId = 0;
  #failure: KafkaFailure | undefined;
  #session: Timer | undefined;

  /** Resolves when requests may be sent, the node knowing who we are. Rejects with a {@link KafkaFailure}. */
  static async open(place: Broker, settings: BrokerConnectionSettings): Promise<BrokerConnection> {
    const connection = new BrokerConnection(place, settings);
    await connection.#connected.promise;
    if (settings.sasl !== undefined) await connection.#introduce(settings.sasl);
    return connection;
  }

  private constructor({ host, port }: Broker, settings: BrokerConnectionSettings) {
    const { clock, connectTimeoutMs, tls, memory } = settings;
    this.#place = `${host}:${port}`;
    this.#settings = settings;
    this.#reader = new MessageReader(memory, (message) => this.#answered(message));
    const onread = { buffer: () => this.#reader.room, callback: (bytes: number) => this.#came(bytes) };
    const target = { host, port, onread };
    this.#socket = tls === undefined ? connectTcp(target) : connectTls({ ...tls, ...target });
    this.#socket.setNoDelay(true);
    const timer = clock.timer(connectTimeoutMs, () => {
      this.#end(new KafkaFailure("NETWORK", `no connection to ${this.#place} in ${connectTimeoutMs / 1000} s`, true));
    });
    this.#socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      timer.cancel();
      this.#connected.resolve();
    });
    this.#socket.on("error", (error) => this.#end(connectFailure(this.#place, error)));
    this.#socket.on("close", () => {
      timer.cancel();
      this.#reader.end();
      this.#end(this.#closing());
      this.#closed.resolve();
    });
  }

  /** This, for the package's calls: all that they do with a connection is to send. */
  get forCalls(): Connection {
    return this as unknown as Connection;
  }

  /** Sends a request; the callback gets its answer, or why there is none. */
  send<Answer>(
    apiKey: number,
    apiVersion: number,
    create: RequestCreator,
    parse: ResponseParser<Answer>,
    hasRequestTags: boolean,
    hasAnswerTags: boolean,
    callback: Callback<Answer>,
  ): void {
    if (this.#failure !== undefined) {
      callback(this.#failure);
      return;
    }
    const id = this.#lastId === idMax ? 0 : this.#lastId + 1;
    this.#lastId = id;
    const { clientId, clock, answerTimeoutMs } = this.#settings;
    const writer = Writer.create().appendInt16(apiKey).appendInt16(apiVersion).appendInt32(id);
    writer.appendString(clientId, false);
    if (hasRequestTags) writer.appendTaggedFields();
    writer.appendFrom(create() as Writer).prependLength();
    const timer = clock.timer(answerTimeoutMs, () => {
      this.#end(new KafkaFailure("NETWORK", `no answer from ${this.#place} in ${answerTimeoutMs / 1000} s`, true));
    });
    const request = {
      apiKey,
      apiVersion,
      parse,
      hasTags: hasAnswerTags,
      callback: callback as Callback<unknown>,
      timer,
    };
    this.#requests.set(id, request);
    this.#socket.write(writer.buffer);
  }

  /** Ends it; requests without an answer fail. Resolves when it is closed. */
  async close(): Promise<void> {
    this.#end(this.#closing());
    await this.#closed.promise;
  }

  async #introduce(sasl: ConnectionOptions["sasl"] & {}): Promise<void> {
    try {
      const sessionMs = await authenticate(this.forCalls, sasl);
      if (sessionMs === 0 || this.#failure !== undefined) return;
      const { clock, onSessionEnds } = this.#settings;
      this.#session = clock.timer(sessionShare * sessionMs, () => onSessionEnds(this));
    } catch (thrown) {
      this.#end(this.#closing());
      throw thrown;
    }
  }

  #came(bytes: number): boolean {
    const strange = this.#reader.filled(bytes);
    if (strange !== undefined) this.#end(foreignAnswer(this.#place, strange));
    return true;
  }

  #answered(message: Buffer): void {
    const id = message.readInt32BE(idAt);
    const request = this.#requests.get(id);
    if (request === undefined) {
      this.#end(new KafkaFailure("NETWORK", `${this.#place} answers what nobody asked`, true));
      return;
    }
    this.#requests.delete(id);
    request.timer.cancel();
    const { apiKey, apiVersion, parse, hasTags, callback } = request;
    const reader = Reader.from(message.subarray(answerHeadBytes));
    let answer: unknown;
    try {
      if (hasTags) reader.readTaggedFields();
      answer = parse(id, apiKey, apiVersion, reader);
    } catch (thrown) {
      callback(thrown as Error);
      return;
    }
    callback(null, answer);
  }

  #closing(): KafkaFailure {
    return new KafkaFailure("NETWORK", `the connection to ${this.#place} was closed`, true);
  }

  #end(failure: KafkaFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#socket.destroy();
    this.#session?.cancel();
    this.#connected.promise.catch(() => {});
    this.#connected.reject(failure);
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const { timer, callback } of requests) {
      timer.cancel();
      callback(failure);
    }
    this.#settings.onEnd();
  }
}
