import { closeSync, openSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { devNull } from "node:os";
import { type ErrorCode, MillraceError, reasonOf } from "../../core/errors.ts";
import type { Meter } from "../../core/meter.ts";

/** Where a server listens. */
export interface Address {
  readonly port: number;
  readonly host: string;
}

/** Connections that the kernel keeps until they are accepted; the system may allow fewer. */
const backlogMax = 4096;

/** What a server's sockets are set to: small records leave at once, and a peer that vanished is noticed within minutes. */
export const socketSettings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** Binds a server and resolves to its port. Rejects with `code` and what to do. */
export function listen(server: Server, address: Address, code: ErrorCode): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException) =>
      reject(new MillraceError(code, { message: why(cause, address), cause }));
    server.once("error", refused);
    server.listen({ port: address.port, host: address.host, backlog: backlogMax }, () => {
      server.off("error", refused);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function why(cause: NodeJS.ErrnoException, { host, port }: Address): string {
  const place = `port ${port} of ${host}`;
  if (cause.code === "EADDRINUSE") return `${place} is in use: stop the program that holds it, or choose another port`;
  if (cause.code === "EACCES")
    return `${place} may not be opened: choose a port from 1024 on, or run with the right to it`;
  if (cause.code === "EADDRNOTAVAIL")
    return `${host} is no address of this machine: choose one that is, or 0.0.0.0 for all`;
  return `${place} cannot be listened on: ${reasonOf(cause)}`;
}

/** Stops listening; resolves when every connection of the server is gone. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Counts what goes wrong in accepting, none of it fatal: errors as `acceptErrors`, and as `descriptorsExhausted` the times
 * that a connection took the process's last file descriptor. Connections that the system turns away after that are not
 * told of to anybody, so this is looked for by opening one more; two system calls a connection.
 */
export function countAccepting(server: Server, meter: Meter): void {
  const exhausted = meter.counter("descriptorsExhausted");
  server.on("error", (cause: NodeJS.ErrnoException) => {
    meter.counter("acceptErrors", cause.code ?? "other").value += 1;
    meter.warn("accept error", `a connection could not be accepted: ${reasonOf(cause)}`);
  });
  server.on("connection", () => {
    if (!atLastDescriptor()) return;
    exhausted.value += 1;
    meter.warn(
      "descriptors exhausted",
      "file descriptors have run out, so connections are turned away: raise `ulimit -n`",
    );
  });
}

function atLastDescriptor(): boolean {
  try {
    closeSync(openSync(devNull, "r"));
    return false;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    return code === "EMFILE" || code === "ENFILE";
  }
}
