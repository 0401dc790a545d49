import { durationMs } from "../../core/duration.ts";
import type { HandshakeLimits } from "./handshakes.ts";
import type { Address } from "./listen.ts";
import { allowed, bound, oneOf, portNumber } from "./settings.ts";

/** What happens to a client that does not keep up: see {@link TcpFanOutOptions.slowClient}. */
export type SlowClient = "disconnect" | "drop-oldest" | "block";

/** What happens when a client comes with the id of another: see {@link TcpFanOutOptions.duplicateClient}. */
export type DuplicateClient = "both" | "replace" | "refuse";

/** How a fan-out listens, and what it does with clients that are slow, twins, or nobody. */
export interface TcpFanOutOptions {
  /** The port to listen on; 0 for any that is free. */
  readonly port: number;
  /** The address to listen on. Default `"127.0.0.1"`: this machine only. */
  readonly host?: string | undefined;
  /** Clients with an id connected at once; one more is refused. Default 1000. */
  readonly maxClients?: number | undefined;
  /** The longest id, in bytes. Default 256. */
  readonly idBytesMax?: number | undefined;
  /** How long a connection may take to send its id, in milliseconds. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Connections without an id at once; one more costs the oldest its place. Default 1000. */
  readonly waitingMax?: number | undefined;
  /**
   * What happens when a client is `clientBufferBytes` behind: `"disconnect"` (default) ends its connection, `"drop-oldest"`
   * drops its oldest whole records, `"block"` makes the pipeline wait until it has caught up by half.
   */
  readonly slowClient?: SlowClient | undefined;
  /** What may wait for one client besides what the kernel holds, in bytes. A turn's output may come on top. Default 1 MiB. */
  readonly clientBufferBytes?: number | undefined;
  /**
   * What may wait for single clients, all of them together, in bytes of memory; what all clients get is kept once and does not count. At
   * that, clients that have taken nothing for ten seconds are held to `slowClient` as if their buffers were full, those furthest behind
   * first; the pipeline waits for the others, and when ten seconds of that do not free an eighth of the memory, so are they (under `"block"`
   * it just waits). Default 16 MiB, or twice `clientBufferBytes` where that is more;
   * not less than `clientBufferBytes`.
   */
  readonly totalBufferBytes?: number | undefined;
  /** When an id is connected already: both get everything (default), the new one replaces the old, or is refused. */
  readonly duplicateClient?: DuplicateClient | undefined;
  /** Addresses and subnets that may connect, such as `["127.0.0.1", "10.0.0.0/8"]`. Default all. */
  readonly allow?: readonly string[] | undefined;
  /** Called with the port once connections are taken. */
  readonly onListening?: ((port: number) => void) | undefined;
}

/** The options of a fan-out with their defaults put in. */
export interface FanOutSettings extends Address {
  readonly maxClients: number;
  readonly handshake: HandshakeLimits;
  readonly slowClient: SlowClient;
  readonly duplicateClient: DuplicateClient;
  readonly bufferBytes: number;
  readonly totalBufferBytes: number;
  readonly allows: (address: string) => boolean;
}

const clientBufferBytesDefault = 1024 * 1024;
const totalBufferBytesLeast = 16 * 1024 * 1024;

/** Throws `ML1002` or `ML1003` at what cannot be. */
export function fanOutSettings(options: TcpFanOutOptions): FanOutSettings {
  const bufferBytes = bound("clientBufferBytes", options.clientBufferBytes ?? clientBufferBytesDefault);
  const totalBufferBytes = options.totalBufferBytes ?? Math.max(totalBufferBytesLeast, 2 * bufferBytes);
  return {
    port: portNumber(options.port),
    host: options.host ?? "127.0.0.1",
    maxClients: bound("maxClients", options.maxClients ?? 1_000),
    handshake: {
      idBytesMax: bound("idBytesMax", options.idBytesMax ?? 256),
      timeoutMs: durationMs(options.handshakeTimeoutMs ?? 10_000),
      waitingMax: bound("waitingMax", options.waitingMax ?? 1_000),
    },
    slowClient: oneOf("slowClient", options.slowClient ?? "disconnect", ["disconnect", "drop-oldest", "block"]),
    duplicateClient: oneOf("duplicateClient", options.duplicateClient ?? "both", ["both", "replace", "refuse"]),
    bufferBytes,
    totalBufferBytes: bound("totalBufferBytes", totalBufferBytes, bufferBytes),
    allows: allowed(options.allow),
  };
}
