import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { runSimulation, type SimulationResult } from "./simulate/run-simulation.ts";
import type { SimulationSettings } from "./simulate/settings.ts";
import { endAll, joined, type Server, serve, silentConnections, written } from "./test-kit/server.ts";

afterEach(endAll);

function simulation(server: Server, more: Partial<SimulationSettings>): Promise<SimulationResult> {
  return runSimulation({
    host: "127.0.0.1",
    eventPort: server.eventPort,
    clientPort: server.clientPort,
    events: 1000,
    clients: 50,
    users: 200,
    batch: 100,
    seed: 1,
    gap: 0,
    duplicate: 0,
    garbage: 0,
    slowClients: 0,
    vanishingClients: 0,
    rate: 0,
    ...more,
  });
}

test("over sockets, 50 clients get every byte of 1,000 events, and the server tells so", async () => {
  const server = await serve();
  const { clients } = await simulation(server, {});
  expect(clients.problems).toEqual([]);
  expect(clients.bytes).toBeGreaterThan(50 * 1000);
  const { code, summary } = await server.stop();
  expect(code).toBe(0);
  expect(summary).toMatchObject({ bad: 0, skipped: 0, late: 0, duplicate: 0, tooFar: 0 });
  expect(summary.events).toBeGreaterThan(1000);
});

test("1,000 clients get every byte of 5,000 events", async () => {
  const server = await serve();
  const { clients } = await simulation(server, { events: 5_000, clients: 1_000, users: 1_000, seed: 9 });
  expect(clients.problems).toEqual([]);
  expect((await server.stop()).code).toBe(0);
});

test("a simulation without a server says that one has to be started", async () => {
  const server = await serve();
  await server.stop();
  const place = `127.0.0.1:${server.clientPort}`;
  await expect(simulation(server, {})).rejects.toThrow(`nobody listens on ${place}: start the server first`);
});

test("with holes, repeats, garbage, slow and vanishing clients the others' bytes are exact", async () => {
  const server = await serve(["--gap-timeout", "200ms"]);
  const { clients } = await simulation(server, {
    events: 20_000,
    gap: 3,
    duplicate: 300,
    garbage: 300,
    slowClients: 3,
    vanishingClients: 3,
    seed: 4,
  });
  expect(clients.problems).toEqual([]);
  const { summary } = await server.stop();
  expect(summary).toMatchObject({ skipped: 3, duplicate: 300, late: 0 });
  expect(summary.bad + summary.tooFar).toBe(300);
});

test("clients stay when the event source goes, and another source goes on with the sequence", async () => {
  const server = await serve();
  const client = await joined(server.clientPort, "ann\n");
  const first = await joined(server.eventPort);
  let probe = 0;
  while (client.text() === "") {
    probe += 1;
    await written(first.socket, `${probe}|B\r\n`);
  }
  first.socket.write(`${probe + 1}|P|bob|ann\n${probe + 3}|B\n`);
  await client.has("|P|bob|ann\n");
  // Half a line is none, and its source is gone with a reset.
  first.socket.write(`${probe + 2}|P|bob|an`);
  first.socket.resetAndDestroy();
  const second = await joined(server.eventPort, `${probe + 2}|S|bob\r\n${probe + 4}|F|bob|ann\r\n`);
  await client.has("|F|bob|ann\r\n");
  expect(client.text().split("|P|bob|ann\n")[1]).toBe(`${probe + 3}|B\n${probe + 4}|F|bob|ann\r\n`);
  second.socket.end();
  const { summary } = await server.stop();
  expect(summary).toMatchObject({ skipped: 0, bad: 1 });
});

test("the environment of the original service sets ports and limits; options win", async () => {
  const server = await serve(["--gap-timeout", "50ms"], { eventTimeoutMs: "-1", maxUserClients: "1" });
  const client = await joined(server.clientPort, "ann\r\n");
  const source = await joined(server.eventPort);
  let number = 0;
  while (client.text() === "") {
    number += 1;
    await written(source.socket, `${number}|B\r\n`);
  }
  const tooMany = await joined(server.clientPort, "bob\r\n");
  if (!tooMany.socket.destroyed) await once(tooMany.socket, "close");
  source.socket.write(`${number + 2}|P|x|ann\r\n`);
  await client.has("|P|x|ann\r\n");
  expect((await server.stop()).summary).toMatchObject({ skipped: 1 });
});

test("10,000 connections never send an id, and the clients beside them are served", async () => {
  const wanted = 10_000;
  const server = await serve(["--max-clients", "10", "--gap-timeout", "never"]);
  const before = await joined(server.clientPort, "before\n");
  const silent = await silentConnections(server.clientPort, wanted);
  // Where a process may not have so many files open, it is as many as it may have.
  if (silent < wanted) process.stderr.write(`only ${silent} of ${wanted} connections: raise ulimit -n\n`);
  expect(silent).toBeGreaterThan(500);
  const during = await joined(server.clientPort, "during\n");
  const source = await joined(server.eventPort);
  let number = 0;
  while (during.text() === "" || before.text() === "") {
    number += 1;
    await written(source.socket, `${number}|B\r\n`);
  }
  source.socket.write(`${number + 1}|P|x|during\r\n${number + 2}|P|x|before\r\n`);
  await during.has("|P|x|during\r\n");
  await before.has("|P|x|before\r\n");
  expect((await server.stop()).code).toBe(0);
});
