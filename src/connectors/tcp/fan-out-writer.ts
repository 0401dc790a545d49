import type { Counter } from "../../core/meter.ts";
import type { SinkContext, SinkWriter } from "../../core/sink.ts";
import { BroadcastLog } from "./broadcast-log.ts";
import { ClientServer } from "./client-server.ts";
import type { Audience, Delivery } from "./delivery.ts";
import type { FanOutSettings } from "./fan-out-settings.ts";
import { Pace, StallWatch } from "./pace.ts";
import { PagePool } from "./page-pool.ts";
import { Patience, patienceMs } from "./patience.ts";
import { Slab } from "./slab.ts";
import type { Goal, UserClient } from "./user-client.ts";

/** So many bytes of broadcasts are sent before the engine says that nothing more comes for now, however many records that is. */
const unsentBytesMax = 64 * 1024;

/** So much memory may be taken for single clients before it is sent, too. */
const unsentPoolBytesMax = 4 * 1024 * 1024;

/** Those a checkpoint waits for. */
interface Barrier {
  readonly goals: Map<UserClient, Goal>;
  readonly resolve: () => void;
}

/** Hands records to the clients they are for: one write a client for all that comes before a flush. */
export class FanOutWriter implements SinkWriter<Delivery> {
  readonly #settings: FanOutSettings;
  readonly #log = new BroadcastLog();
  readonly #pool = new PagePool();
  readonly #slab = new Slab();
  readonly #server: ClientServer;
  readonly #unsentBytesMax: number;
  readonly #pace: Pace;
  readonly #watch: StallWatch;
  readonly #patience: Patience;
  /** Clients that got a record of their own since the last sending. */
  #listed: UserClient[] = [];
  /** Bytes of broadcasts since the last sending. */
  #unsentBytes = 0;
  /** When the pool's pages take more than that, it is time to send. */
  #sendAtBytes = unsentPoolBytesMax;
  #barrier: Barrier | undefined;
  readonly #delivered: Counter;
  readonly #deliveredBytes: Counter;
  readonly #dropped: Counter;
  readonly #unconnected: Counter;

  constructor(settings: FanOutSettings, context: SinkContext) {
    const { meter, clock } = context;
    this.#settings = settings;
    this.#unsentBytesMax = Math.min(unsentBytesMax, settings.bufferBytes);
    const listener = {
      moved: (client: UserClient) => this.#moved(client),
      left: (client: UserClient) => this.#left(client),
    };
    this.#server = new ClientServer(settings, context, { log: this.#log, pool: this.#pool, clock }, listener);
    const { all } = this.#server.clients;
    this.#pace = new Pace(settings, all, this.#pool);
    this.#patience = new Patience(settings.totalBufferBytes);
    this.#watch = new StallWatch(
      clock,
      all,
      (client) => this.#stalled(client),
      () => this.#looked(),
    );
    this.#delivered = meter.counter("delivered");
    this.#deliveredBytes = meter.counter("deliveredBytes");
    this.#dropped = meter.counter("dropped");
    this.#unconnected = meter.counter("unconnected");
    meter.gauge("pendingBytes", () => [...all].reduce((sum, client) => sum + client.bytes, 0));
  }

  listen(): Promise<number> {
    return this.#server.listen();
  }

  get full(): boolean {
    return this.#pace.held;
  }

  write({ bytes, to }: Delivery): void {
    if (bytes.length === 0) return;
    if (isList(to)) for (const id of to) this.#writeTo(id, bytes);
    else if (to !== "all") this.#writeToAudience(to, bytes);
    else if (this.#server.clients.all.size > 0) {
      this.#log.append(bytes);
      this.#unsentBytes += bytes.length;
    }
    if (this.#unsentBytes >= this.#unsentBytesMax || this.#pool.usedBytes > this.#sendAtBytes) this.#send();
  }

  flush(): void {
    this.#send();
  }

  async drain(): Promise<void> {
    this.#send();
    if (this.#pace.over) this.#relieve((client) => client.refusedMs >= patienceMs);
    if (this.#settings.slowClient !== "block" && this.full) this.#watch.start(() => this.#isAwaited());
    await this.#pace.released();
    this.#unwatch();
  }

  async prepare(): Promise<null> {
    this.#send();
    const goals = new Map<UserClient, Goal>();
    for (const client of this.#server.clients.all) {
      if (client.bytes > 0 && !client.stalled) goals.set(client, client.goal(this.#log));
    }
    if (goals.size === 0) return null;
    this.#watch.start(() => this.#isAwaited());
    await new Promise<void>((resolve) => {
      this.#barrier = { goals, resolve };
    });
    return null;
  }

  async close(): Promise<void> {
    this.#watch.stop();
    await this.#server.close();
    this.#pace.end();
    this.#barrier?.resolve();
  }

  #writeTo(id: string, bytes: Uint8Array): void {
    const client = this.#server.clients.of(id);
    if (client === undefined) this.#unconnected.value += 1;
    else this.#give(client, bytes);
  }

  #writeToAudience(audience: Audience, bytes: Uint8Array): void {
    const { ids, firsts } = this.#server.clients;
    let found = 0;
    audience.among(ids, (place) => {
      found += 1;
      this.#give(firsts[place]!, bytes);
    });
    this.#unconnected.value += audience.size - found;
  }

  /** To a client and those with the same id. */
  #give(first: UserClient, bytes: Uint8Array): void {
    for (let client: UserClient | undefined = first; client !== undefined; client = client.sibling) {
      client.outbox.add(bytes);
      if (client.outbox.bytes > this.#settings.bufferBytes) this.#sendTo(client);
      if (client.listed) continue;
      client.listed = true;
      this.#listed.push(client);
    }
  }

  #send(): void {
    const receivers = this.#unsentBytes > 0 ? this.#server.clients.all : this.#listed;
    for (const client of this.#listed) client.listed = false;
    if (this.#listed.length > 0) this.#listed = [];
    this.#unsentBytes = 0;
    for (const client of receivers) this.#sendTo(client);
    this.#sendAtBytes = this.#pool.usedBytes + unsentPoolBytesMax;
  }

  #sendTo(client: UserClient): void {
    if (client.gone) return;
    const { taken } = client.outbox;
    const { sentBytes } = client;
    client.send(this.#slab);
    this.#delivered.value += client.outbox.taken - taken;
    this.#deliveredBytes.value += client.sentBytes - sentBytes;
    if (client.bytes > this.#settings.bufferBytes) this.#overflow(client);
    this.#pace.note(client);
  }

  #overflow(client: UserClient): void {
    const { slowClient, bufferBytes } = this.#settings;
    if (slowClient === "disconnect") this.#server.cut(client, "slow");
    else if (slowClient === "drop-oldest") {
      const inFlight = client.bytes - client.outbox.bytes;
      this.#dropped.value += client.outbox.dropTo(Math.max(0, bufferBytes - inFlight));
    }
  }

  /** Called every second while somebody waits for clients. */
  #looked(): void {
    if (!this.#pace.over) this.#patience.renew();
    else if (this.#patience.ends(this.#pool.usedBytes)) this.#relieve(() => true);
  }

  /** Where the memory is used up, holds clients to the policy, those furthest behind first, until half of it is free. */
  #relieve(hopeless: (client: UserClient) => boolean): void {
    const { totalBufferBytes, slowClient } = this.#settings;
    if (!this.#pace.over || slowClient === "block") return;
    const clients = [...this.#server.clients.all]
      .filter(hopeless)
      .sort((a, b) => b.outbox.own.bytes - a.outbox.own.bytes);
    while (clients.some((client) => client.outbox.own.bytes > 0)) {
      for (const client of clients) {
        if (this.#pool.usedBytes <= totalBufferBytes / 2) return;
        if (slowClient === "disconnect") this.#server.cut(client, "slow");
        else this.#drop(client, client.outbox.bytes / 2);
      }
    }
  }

  #drop(client: UserClient, bytesLeft: number): void {
    this.#dropped.value += client.outbox.dropTo(bytesLeft);
    this.#pace.note(client);
  }

  #moved(client: UserClient): void {
    this.#pace.stall(client, false);
    this.#arrive(client);
    this.#sendTo(client);
    this.#arrive(client);
  }

  #left(client: UserClient): void {
    this.#dropped.value += client.outbox.dropTo(-1);
    this.#pace.forget(client);
    this.#leaveBarrier(client);
  }

  #stalled(client: UserClient): void {
    if (client.gone) return;
    this.#pace.stall(client, true);
    this.#leaveBarrier(client);
  }

  #isAwaited(): boolean {
    return this.#barrier !== undefined || (this.full && this.#settings.slowClient !== "block");
  }

  #arrive(client: UserClient): void {
    const goal = this.#barrier?.goals.get(client);
    if (goal !== undefined && client.reached(goal)) this.#leaveBarrier(client);
  }

  #leaveBarrier(client: UserClient): void {
    const barrier = this.#barrier;
    if (barrier === undefined) return;
    barrier.goals.delete(client);
    if (barrier.goals.size > 0) return;
    this.#barrier = undefined;
    barrier.resolve();
    this.#unwatch();
  }

  #unwatch(): void {
    if (this.#isAwaited()) return;
    this.#watch.stop();
    this.#patience.renew();
  }
}

function isList(to: Delivery["to"]): to is readonly string[] {
  return Array.isArray(to);
}
