import { limits } from "../../core/limits.ts";
import type { Slice } from "../../core/records.ts";
import type { Source } from "../../core/source.ts";
import { chunkBytesMax } from "./line-connection.ts";
import { LineReader } from "./line-reader.ts";
import { allowed, bound, oneOf, portNumber } from "./settings.ts";

/** How {@link tcpLines} listens and reads. */
export interface TcpLinesOptions {
  /** The port to listen on; 0 for any that is free. */
  readonly port: number;
  /** The address to listen on. Default `"127.0.0.1"`: this machine only. */
  readonly host?: string | undefined;
  /** Event sources connected at once. Default 1. */
  readonly maxConnections?: number | undefined;
  /** The longest line, its end counted when it is kept; a longer one is refused, with its beginning kept. Default 1 MiB. */
  readonly lineBytesMax?: number | undefined;
  /** Bytes of a connection held in memory besides a line under way. At least, and by default, 256 KiB. */
  readonly readBytes?: number | undefined;
  /** Whether a record is a line exactly as it was read, its LF or CRLF included. Default false. */
  readonly keepLineEnds?: boolean | undefined;
  /** What a last line without its end is worth when the other side closes. After a reset it is refused. Default `"record"`. */
  readonly halfLine?: "record" | "refuse" | undefined;
  /** Addresses and subnets that may connect, such as `["127.0.0.1", "10.0.0.0/8"]`. Default all. */
  readonly allow?: readonly string[] | undefined;
  /** Called with the port once connections are taken. */
  readonly onListening?: ((port: number) => void) | undefined;
}

/**
 * A server that takes lines from whoever connects, LF or CRLF. Live, and not to be read again: what was received and not
 * worked on when the process dies is gone.
 *
 * - A line is handed on as soon as it is there. Several connections are read in turn, a batch each; their order among one
 *   another is not defined. Each is a partition, named `"connection 1"` and so on; a name is used again by a later one.
 * - A pipeline that is held back stops reading, so that the sender's writes wait.
 * - A connection too many waits a second for a place, since the one before may just be gone, and is then refused. Counted:
 *   `accepted`, `refused:reason`, `resets`, `acceptErrors:code`, `descriptorsExhausted`. None ends the pipeline, nor does
 *   the last connection's end: only a stop does.
 *
 * Opening rejects with `ML3001` when the port cannot be had. Throws `ML1002` at options that cannot be.
 */
export function tcpLines(options: TcpLinesOptions): Source<Slice> {
  const settings = {
    port: portNumber(options.port),
    host: options.host ?? "127.0.0.1",
    maxConnections: bound("maxConnections", options.maxConnections ?? 1),
    lineBytesMax: bound("lineBytesMax", options.lineBytesMax ?? limits.lineBytesMax),
    readBytes: bound("readBytes", options.readBytes ?? limits.readBytes, 4 * chunkBytesMax),
    keepLineEnds: options.keepLineEnds ?? false,
    halfLine: oneOf("halfLine", options.halfLine ?? "record", ["record", "refuse"]),
    allows: allowed(options.allow),
  };
  return {
    traits: { name: `tcp ${settings.host}:${settings.port}`, replayable: false, live: true },
    open: async (context) => {
      const reader = new LineReader(settings, context);
      const port = await reader.listen();
      options.onListening?.(port);
      return reader;
    },
  };
}
