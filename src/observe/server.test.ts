import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import { type StatusServer, serveStatus } from "./server.ts";
import { jobStatus, stepStatus } from "./status-fixture.ts";
import type { StatusServerOptions } from "./status-pages.ts";

const open: StatusServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(options: Partial<StatusServerOptions> = {}): Promise<StatusServer> {
  const server = await serveStatus({ port: 0, status: () => jobStatus(), ...options });
  open.push(server);
  return server;
}

/** Sends bytes as they are and resolves to all that comes back until the server closes or `done` is in it. */
function raw(server: StatusServer, request: string, done = "\r\n\r\n"): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(server.port, server.host, () => socket.write(request));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
    socket.on("data", (bytes) => {
      text += bytes;
      if (text.includes(done)) socket.destroy();
    });
  });
}

test("it listens on this machine only, on a port it tells", async () => {
  const server = await serve();
  expect(server.host).toBe("127.0.0.1");
  expect(server.port).toBeGreaterThan(0);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
});

test("/metrics is Prometheus text with the process in it", async () => {
  const server = await serve({ status: () => jobStatus({ steps: [stepStatus({ in: 5 })] }) });
  const response = await fetch(`${server.url}/metrics?x=1`);
  const text = await response.text();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(text).toContain('millrace_records_in_total{step="users"} 5\n');
  const figures = new Map(text.split("\n").map((line) => line.split(" ") as [string, string]));
  expect(Number(figures.get("process_resident_memory_bytes"))).toBeGreaterThan(10e6);
  expect(Number(figures.get("process_cpu_seconds_total"))).toBeGreaterThan(0);
  expect(Number(figures.get("nodejs_eventloop_lag_p99_seconds"))).toBeGreaterThanOrEqual(0);
});

test("/status is JSON of the status, whatever steps put into it", async () => {
  const status = jobStatus({ steps: [stepStatus({ own: { big: 7n, title: "\u009b2J", none: Number.NaN } })] });
  const server = await serve({ status: () => status });
  const response = await fetch(`${server.url}/status`);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  const text = await response.text();
  expect(text).not.toMatch(/[\u007f-\u009f]/);
  expect(JSON.parse(text)).toMatchObject({
    state: "running",
    steps: [{ id: "users", own: { big: "7", title: "\u009b2J", none: null } }],
  });
});

test("/explain is the text given, or why the pipeline waits", async () => {
  const given = await serve({ explain: () => "the plan\n" });
  expect(await (await fetch(`${given.url}/explain`)).text()).toBe("the plan\n");
  const own = await serve();
  expect(await (await fetch(`${own.url}/explain`)).text()).toBe(
    "running, started 12 s ago\nno step waits for anything\n",
  );
});

test.each([
  ["starting", 200, 503],
  ["running", 200, 200],
  ["draining", 200, 503],
  ["finished", 200, 503],
  ["failed", 503, 503],
] as const)("a pipeline that is %s: healthz %d, readyz %d", async (state, healthy, ready) => {
  const server = await serve({ status: () => jobStatus({ state, error: "secret path" }) });
  const health = await fetch(`${server.url}/healthz`);
  const readiness = await fetch(`${server.url}/readyz`);
  expect([health.status, await health.text()]).toEqual([healthy, `${state}\n`]);
  expect([readiness.status, await readiness.text()]).toEqual([ready, `${state}\n`]);
});

test("HEAD answers as GET does, without the body", async () => {
  const server = await serve();
  const text = await raw(server, "HEAD /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "never");
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/content-length: [1-9]/);
  expect(text.endsWith("\r\n\r\n")).toBe(true);
});

test.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s is refused", async (method) => {
  const server = await serve();
  const response = await fetch(`${server.url}/status`, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("GET, HEAD");
});

test.each(["/", "/Metrics", "/metrics/", "/../status", "/__proto__", "/constructor", "/%2e%2e", "/status%00"])(
  "%s is not there",
  async (path) => {
    const server = await serve();
    const text = await raw(server, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
  },
);

test.each([
  ["evil.example:80", 403],
  ["127.0.0.1.evil.example", 403],
  ["localhost:1234", 200],
  ["LOCALHOST", 200],
  ["[::1]:80", 200],
])("a page of the web cannot read it by a name of its own: %s is %d", async (name, code) => {
  const server = await serve();
  const text = await raw(server, `GET /status HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
});

test("bound to every address, it answers to every name", async () => {
  const server = await serve({ host: "0.0.0.0" });
  expect(await raw(server, "GET /status HTTP/1.1\r\nHost: stream.example\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  [undefined, 401],
  ["Bearer wrong", 401],
  ["Bearer s3cre", 401],
  ["Bearer s3cret2", 401],
  ["Basic s3cret", 401],
  ["Bearer", 401],
  ["Bearer s3cret x", 401],
  ["Bearer s3cret", 200],
  ["bearer s3cret", 200],
])("with a token, %s is %d", async (authorization, code) => {
  const server = await serve({ token: "s3cret" });
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  for (const path of ["/metrics", "/status", "/explain"]) {
    const response = await fetch(server.url + path, { headers });
    expect(response.status).toBe(code);
    if (code === 401) expect(response.headers.get("www-authenticate")).toBe("Bearer");
  }
});

test("probes need no token, and an empty token is refused rather than matched", async () => {
  const server = await serve({ token: "s3cret" });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  await expect(serve({ token: "" })).rejects.toMatchObject({ code: "ML1002" });
});

test("a status that throws is a 500 and no more", async () => {
  const status = () => {
    throw new Error("step\u001b[2J broke");
  };
  const server = await serve({ status });
  const response = await fetch(`${server.url}/status`);
  expect([response.status, await response.text()]).toEqual([500, "the status cannot be read: step\\u001b[2J broke\n"]);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(500);
});

test.each([
  ["junk", "\u0000\u0001junk\r\n\r\n", 400],
  [
    "two lengths of a body",
    "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["headers without end", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(20_000)}\r\n\r\n`, 431],
])("%s is refused, and the next request is served", async (_what, request, code) => {
  const server = await serve();
  expect(await raw(server, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  expect((await fetch(`${server.url}/status`)).status).toBe(200);
});

test("close ends connections that are kept open, and those that never said anything", async () => {
  const server = await serve();
  const closed: Promise<void>[] = [];
  for (const request of ["GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /sta"]) {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, server.host, () => {
        socket.write(request);
        if (request === "GET /sta") resolve();
      });
      socket.once("data", () => resolve());
      socket.on("error", () => {});
      closed.push(new Promise((gone) => socket.on("close", () => gone())));
    });
  }
  await server.close();
  await Promise.all(closed);
  await server.close();
  await expect(fetch(`${server.url}/status`)).rejects.toThrow();
});

test("a port that is taken, or is none, is an error that says so", async () => {
  const server = await serve();
  const taken = await serve({ port: server.port }).catch((thrown: unknown) => thrown);
  expect(taken).toBeInstanceOf(MillraceError);
  expect(String(taken)).toContain(`ML1002: cannot listen on 127.0.0.1, port ${server.port}: `);
  await expect(serve({ port: 70_000 })).rejects.toMatchObject({ code: "ML1002" });
});
