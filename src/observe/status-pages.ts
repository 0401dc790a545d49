import { reasonOf } from "../core/errors.ts";
import { hasBearer } from "./bearer.ts";
import { whyWaiting } from "./explain.ts";
import { expositionType } from "./exposition.ts";
import { printable, printableJson } from "./printable.ts";
import type { ProcessWatch } from "./process-metrics.ts";
import { prometheusText } from "./prometheus.ts";
import type { JobState, JobStatus } from "./status.ts";

/** What the status server serves, and to whom. */
export interface StatusServerOptions {
  /** 0 takes any free port; the server tells which. */
  readonly port: number;
  /** Default `"127.0.0.1"`: seen from this machine only. */
  readonly host?: string | undefined;
  readonly status: () => JobStatus;
  /** The text of `/explain`: by default why the pipeline waits. */
  readonly explain?: (() => string) | undefined;
  /** When set, every request but the two probes must carry it: `Authorization: Bearer <token>`. */
  readonly token?: string | undefined;
}

/** An answer to a request, before it is sent. */
export interface Answer {
  readonly code: number;
  readonly text: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request, as far as it matters. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly host?: string | undefined; readonly authorization?: string | undefined };
}

/** The answer to a request at a server bound to `host`. Never throws: a status that cannot be read is a 500. */
export function answer(asked: Asked, options: StatusServerOptions, host: string, watch: ProcessWatch): Answer {
  const { method, path, headers } = asked;
  const page = pages.get(path);
  if (page === undefined) return { code: 404, text: "not found\n" };
  if (method !== "GET" && method !== "HEAD") {
    return { code: 405, text: "only GET and HEAD\n", headers: { allow: "GET, HEAD" } };
  }
  if (isLoopback(host) && !isLoopback(hostName(headers.host))) {
    return { code: 403, text: "ask by the name localhost or 127.0.0.1\n" };
  }
  const probe = path === "/healthz" || path === "/readyz";
  if (!probe && options.token !== undefined && !hasBearer(headers.authorization, options.token)) {
    return { code: 401, text: "a bearer token is needed\n", headers: { "www-authenticate": "Bearer" } };
  }
  try {
    return page(options, watch);
  } catch (thrown) {
    return { code: 500, text: `the status cannot be read${probe ? "" : `: ${printable(reasonOf(thrown))}`}\n` };
  }
}

const pages = new Map<string, (options: StatusServerOptions, watch: ProcessWatch) => Answer>([
  [
    "/metrics",
    ({ status }, watch) => ({ code: 200, text: prometheusText(status(), watch.read()), type: expositionType }),
  ],
  ["/status", ({ status }) => ({ code: 200, text: statusJson(status()), type: "application/json" })],
  ["/explain", ({ explain, status }) => ({ code: 200, text: explain?.() ?? whyWaiting(status()) })],
  ["/healthz", ({ status }) => probe(status().state, (state) => state !== "failed")],
  ["/readyz", ({ status }) => probe(status().state, (state) => state === "running")],
]);

/** A step's own figures may hold what JSON has no form for: a bigint becomes text. */
function statusJson(status: JobStatus): string {
  const json = JSON.stringify(status, (_key, value) => (typeof value === "bigint" ? value.toString() : value));
  return `${printableJson(json)}\n`;
}

function probe(state: JobState, good: (state: JobState) => boolean): Answer {
  return { code: good(state) ? 200 : 503, text: `${state}\n` };
}

function hostName(header: string | undefined): string {
  return (header ?? "").replace(/:\d*$/, "").toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
