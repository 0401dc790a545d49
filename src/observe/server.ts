import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MillraceError, reasonOf } from "../core/errors.ts";
import { type ProcessWatch, watchProcess } from "./process-metrics.ts";
import { type Answer, answer, type StatusServerOptions } from "./status-pages.ts";

/** A running status server. */
export interface StatusServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Stops listening and ends every open connection. May be called twice. */
  close(): Promise<void>;
}

/**
 * Serves `/metrics` (Prometheus), `/status` (JSON), `/explain` (text), `/healthz` (200 while the process answers and the
 * pipeline has not failed) and `/readyz` (200 while it is running). The probes say one word, so they need no token.
 * A server bound to this machine answers only to this machine's names, so that no web page reaches it through a name of
 * its own that leads here. It does not keep the process alive. Rejects with `ML1002` when the port cannot be had.
 */
export async function serveStatus(options: StatusServerOptions): Promise<StatusServer> {
  if (options.token === "") throw new MillraceError("ML1002", { message: "the status server's token is empty" });
  // Loaded when it is used: an import of it brings Node's WebSocket client too, a quarter of the time that a command takes to start.
  const { createServer } = await import("node:http");
  const watch = watchProcess();
  const host = options.host ?? "127.0.0.1";
  const server = createServer(
    {
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      const { method = "", url = "", headers } = request;
      send(response, answer({ method, path: url.split("?", 1)[0]!, headers }, options, host, watch));
    },
  );
  server.maxConnections = 64;
  try {
    await listen(server, options.port, host);
  } catch (cause) {
    watch.close();
    throw new MillraceError("ML1002", {
      message: `cannot listen on ${host}, port ${options.port}: ${reasonOf(cause)}`,
      cause,
    });
  }
  // Too many open files, say: an answer that cannot be given must not end the pipeline.
  server.on("error", () => {});
  server.unref();
  return running(server, host, watch);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function running(server: Server, host: string, watch: ProcessWatch): StatusServer {
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      watch.close();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { host, port, url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`, close };
}

function send(response: ServerResponse, { code, text, type, headers }: Answer): void {
  response.writeHead(code, {
    "content-type": type ?? "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(text);
}
