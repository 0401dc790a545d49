import type { Sink } from "../../core/sink.ts";
import type { Delivery } from "./delivery.ts";
import { fanOutSettings, type TcpFanOutOptions } from "./fan-out-settings.ts";
import { FanOutWriter } from "./fan-out-writer.ts";

/**
 * A server for clients that each send an id and a line end, LF or CRLF, and from then on get the records for that id and
 * those for all, in the order in which they were written. A client that ends its side has left.
 *
 * What is promised: over one connection a client gets a run of the records written since its id was read, each at most
 * once, none missing in between unless `"drop-oldest"` dropped it (whole, and counted). What was given to a connection that
 * breaks is not sent again, and nothing is kept for users who are not connected; the engine's `at-least-once` is about
 * writing, not about arriving. A checkpoint waits until what was written before it was taken by the kernel, went with its
 * client or was dropped, but for no client that takes nothing for a second.
 *
 * Cost: a user without a client costs a look-up; a broadcast is kept once, however many clients are behind, and what a
 * client alone has waiting is bounded by `clientBufferBytes`, and what all of them have by `totalBufferBytes`. One client that is slow delays no
 * other, except under `"block"`; so many that they take all of that memory do, for ten seconds at most. While more than half of the clients are half a buffer behind, or their share of 32 MiB, the pipeline waits for them
 * all the same: at most a second for those that take nothing.
 *
 * Counted: `accepted`, `delivered` and `deliveredBytes` (given to sockets), `dropped`, `disconnected:reason`,
 * `refused:reason`, `handshakeFailures:reason`, `resets`, `unconnected`, `acceptErrors:code`, `descriptorsExhausted`; gauges
 * `clients`, `connectionsWithoutId`, `pendingBytes`.
 *
 * Opening rejects with `ML4001` when the port cannot be had. Throws `ML1002` at options that cannot be.
 */
export function tcpFanOut(options: TcpFanOutOptions): Sink<Delivery> {
  const settings = fanOutSettings(options);
  return {
    traits: { name: `tcp ${settings.host}:${settings.port}`, delivery: "at-least-once" },
    open: async (context) => {
      const writer = new FanOutWriter(settings, context);
      const port = await writer.listen();
      options.onListening?.(port);
      return writer;
    },
  };
}
