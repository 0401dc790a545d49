import { createServer, type Server, type Socket } from "node:net";
import type { SinkContext } from "../../core/sink.ts";
import { Clients } from "./clients.ts";
import type { FanOutSettings } from "./fan-out-settings.ts";
import { Handshakes } from "./handshakes.ts";
import { closed, countAccepting, listen, socketSettings } from "./listen.ts";
import { type Surroundings, UserClient } from "./user-client.ts";

/** What a client may send after its id before it is cut; none of it is looked at. */
const unaskedBytesMax = 1024 * 1024;

/** Whom the server tells of what happens to its clients. */
export interface ClientListener {
  /** The kernel has taken what it had refused of this client's bytes. */
  moved(client: UserClient): void;
  /** The client is no longer among the clients. */
  left(client: UserClient): void;
}

/** Takes connections, learns their ids and keeps those that gave one. */
export class ClientServer {
  readonly clients = new Clients();
  readonly #settings: FanOutSettings;
  readonly #context: SinkContext;
  readonly #surroundings: Surroundings;
  readonly #listener: ClientListener;
  readonly #handshakes: Handshakes;
  readonly #server: Server;

  constructor(settings: FanOutSettings, context: SinkContext, surroundings: Surroundings, listener: ClientListener) {
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#context = context;
    this.#listener = listener;
    this.#handshakes = new Handshakes(settings.handshake, context.clock, {
      known: (id, socket) => this.#admit(id, socket),
      failed: (reason, socket) => {
        this.#count("handshakeFailures", reason);
        socket.destroy();
      },
    });
    this.#server = createServer(socketSettings, (socket) => this.#accept(socket));
    context.meter.gauge("clients", () => this.clients.all.size);
    context.meter.gauge("connectionsWithoutId", () => this.#handshakes.size);
  }

  async listen(): Promise<number> {
    const port = await listen(this.#server, this.#settings, "ML4001");
    countAccepting(this.#server, this.#context.meter);
    return port;
  }

  /** Cuts a client off for a reason from a bounded set. */
  cut(client: UserClient, reason: string): void {
    this.#count("disconnected", reason);
    this.#context.meter.warn(reason, `client "${client.id}" was disconnected: ${reason}`);
    client.destroy();
    this.#remove(client);
  }

  async close(): Promise<void> {
    const gone = closed(this.#server);
    this.#handshakes.close();
    for (const client of this.clients.all) client.close();
    await gone;
  }

  #accept(socket: Socket): void {
    socket.on("error", () => this.#count("resets"));
    const address = socket.remoteAddress;
    // A socket without an address is one that was reset before it was accepted.
    if (address === undefined) {
      this.#count("resets");
      socket.destroy();
    } else if (this.#settings.allows(address)) this.#handshakes.begin(socket);
    else this.#refuse(socket, "address not allowed");
  }

  #admit(id: string, socket: Socket): void {
    const { duplicateClient, maxClients } = this.#settings;
    const same = this.clients.of(id);
    if (same !== undefined && duplicateClient === "replace") this.cut(same, "replaced");
    if (same !== undefined && duplicateClient === "refuse") this.#refuse(socket, "id is connected");
    else if (this.clients.all.size >= maxClients) this.#refuse(socket, "too many clients");
    else this.#take(id, socket);
  }

  #take(id: string, socket: Socket): void {
    const client = new UserClient(id, socket, this.#surroundings, (moved) => this.#listener.moved(moved));
    this.clients.add(client);
    this.#count("accepted");
    this.#ignoreInput(client, socket);
    socket.once("end", () => client.close());
    socket.once("close", () => this.#remove(client));
  }

  /** What comes is read, or its end would not be seen, and thrown away. */
  #ignoreInput(client: UserClient, socket: Socket): void {
    let bytes = 0;
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      if (bytes > unaskedBytesMax && !socket.destroyed) this.cut(client, "sends what nobody asked for");
    });
  }

  #remove(client: UserClient): void {
    if (this.clients.remove(client)) this.#listener.left(client);
  }

  #refuse(socket: Socket, reason: string): void {
    this.#count("refused", reason);
    this.#context.meter.warn("refused", `a client from ${socket.remoteAddress ?? "nowhere"} was refused: ${reason}`);
    socket.destroy();
  }

  #count(name: string, label?: string): void {
    this.#context.meter.counter(name, label).value += 1;
  }
}
