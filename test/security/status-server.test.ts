import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { ended, startCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { frame, offer, statusUrl, statusWhen } from "./process.ts";

async function served() {
  const child = startCli(["unique-users", "--in", "-", "--metrics", "0", "--progress", "off", "--summary", "none"]);
  const result = ended(child);
  const url = await statusUrl(child);
  return { child, result, url, port: Number(new URL(url).port) };
}

/** What an answer to a request with these headers says: its code. */
async function ask(port: number, path: string, headers: Record<string, string>, method = "GET"): Promise<number> {
  const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }).end();
  const [response] = (await once(sent, "response")) as [{ statusCode: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

async function opened(host: string, port: number): Promise<Socket | string> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect");
    return socket;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

test("status and metrics are served on 127.0.0.1 alone, and to nobody who came by another name", async () => {
  const { child, result, url, port } = await served();
  const outside = Object.values(networkInterfaces()).flatMap((all) => all?.filter((one) => !one.internal) ?? []);
  for (const host of ["127.0.0.2", ...outside.filter((one) => one.family === "IPv4").map((one) => one.address)]) {
    expect(await opened(host, port)).not.toBeInstanceOf(Object);
  }
  for (const path of ["/metrics", "/status", "/explain", "/healthz", "/readyz"]) {
    expect(await ask(port, path, { host: `evil.example:${port}` })).toBe(403);
    expect(await ask(port, path, { host: `127.0.0.1.evil.example:${port}` })).toBe(403);
    expect(await ask(port, path, { host: `localhost:${port}` })).toBe(200);
    expect(await ask(port, path, { host: `localhost:${port}` }, "POST")).toBe(405);
  }
  expect(await ask(port, "/../../etc/passwd", { host: "localhost" })).toBe(404);
  const page = await fetch(`${url}/status`);
  expect(page.headers.get("access-control-allow-origin")).toBeNull();
  child.stdin!.end();
  expect((await result).code).toBe(0);
});

test("a flood of connections, junk and requests never finished leave the counting alone", async () => {
  const { child, result, port } = await served();
  child.stdin!.write(frame(60, "a"));
  const junk = [
    "GET /status HTTP/1.1\r\nHost: x\r\nX: ",
    "\u0000\u0001\r\n\r\n",
    `GET /${"x".repeat(100_000)}`,
    "\n".repeat(9_000),
  ];
  const sockets = await Promise.all(Array.from({ length: 300 }, () => opened("127.0.0.1", port)));
  for (const [index, socket] of sockets.entries()) {
    if (typeof socket === "string") continue;
    socket.on("error", () => {});
    socket.write(junk[index % junk.length]!);
  }
  await offer(
    child.stdin!,
    Array.from({ length: 1_000 }, (_, i) => frame(60, `user ${i}`)),
  );
  child.stdin!.end();
  const { code, stdout } = await result;
  for (const socket of sockets) if (typeof socket !== "string") socket.destroy();
  expect({ code, stdout }).toEqual({ code: 0, stdout: '{"ts":60,"cnt":1001}\n' });
});

test("what users and bad frames hold makes no labels: the number of series does not grow with them", async () => {
  const { child, result, url } = await served();
  const series = async () =>
    (await (await fetch(`${url}/metrics`)).text()).split("\n").filter((line) => !line.startsWith("#"));
  const kinds = (i: number) => [
    frame(60, `u${i}`),
    `{"ts":"t${i}","uid":"u"}\n`,
    `{"ts":60,"n${i}":1}\n`,
    `junk ${i}\n`,
  ];
  const send = async (from: number, to: number) => {
    await offer(
      child.stdin!,
      Array.from({ length: to - from }, (_, i) => kinds(from + i).join("")),
    );
    await statusWhen(url, ({ sources }) => sources[0]!.records === 4 * to);
  };
  await send(0, 200);
  const few = await series();
  await send(200, 10_000);
  const many = await series();
  expect(many.length).toBe(few.length);
  expect(many.length).toBeLessThan(200);
  expect(many.some((line) => /millrace_step_dead_total\{.*reason="not JSON"\} 10000$/.test(line))).toBe(true);
  child.stdin!.end();
  await result;
});
