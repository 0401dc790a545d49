import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { Client, connected, join, openFanOut, turns, until } from "./tcp.fixture.ts";

/** Sends bytes as an id and waits until the server has closed the connection. */
async function refused(port: number, bytes: string | Uint8Array): Promise<void> {
  const socket = await connected(port);
  socket.resume().write(bytes);
  await until(() => socket.destroyed);
}

describe("a client's id", () => {
  it("ends with LF or CRLF, comes in any pieces, and is UTF-8", async () => {
    const fanOut = await openFanOut();
    const clients: Client[] = [];
    for (const text of ["2932\n", "2933\r\n", "Zoë 🎿\r\n", "with more after it\nand more"]) {
      const client = new Client(await connected(fanOut.port), false);
      for (const byte of Buffer.from(text)) {
        client.socket.write(Buffer.of(byte));
        await turns(1);
      }
      clients.push(client);
    }
    await until(() => fanOut.meter.count("accepted") === 4);
    for (const id of ["2932", "2933", "Zoë 🎿", "with more after it"]) fanOut.send(`for ${id}\n`, [id]);
    fanOut.writer.flush();
    await until(() => clients.every((client) => client.bytes > 0));
    expect(clients.map((client) => Buffer.from(client.text, "latin1").toString())).toEqual([
      "for 2932\n",
      "for 2933\n",
      "for Zoë 🎿\n",
      "for with more after it\n",
    ]);
  });

  it("may be as long as the bound and no longer", async () => {
    const fanOut = await openFanOut({ idBytesMax: 8 });
    await join(fanOut, "12345678");
    await join(fanOut, "12345678\r");
    await refused(fanOut.port, "123456789\n");
    await refused(fanOut.port, "123456789\r\n");
    expect(fanOut.meter.count("handshakeFailures:id too long")).toBe(2);
  });

  it("is refused when it is none, and harms nobody", async () => {
    const fanOut = await openFanOut();
    const good = await join(fanOut, "good");
    await refused(fanOut.port, "\r\n");
    await refused(fanOut.port, Buffer.of(0xff, 0xfe, 10));
    await refused(fanOut.port, "GET / HTTP/1.1\u0000\n");
    await refused(fanOut.port, Buffer.alloc(5_000_000, "megabytes"));
    const leaving = await connected(fanOut.port);
    leaving.end("12");
    await until(() => fanOut.meter.count("handshakeFailures:left without an id") === 1);
    const rude = await connected(fanOut.port);
    await until(() => fanOut.meter.look("connectionsWithoutId") === 1);
    rude.resetAndDestroy();
    await until(() => fanOut.meter.count("handshakeFailures:left without an id") === 2);
    const failures = [...fanOut.meter.counters].filter(([name]) => name.startsWith("handshakeFailures"));
    expect(Object.fromEntries(failures.map(([name, { value }]) => [name.split(":")[1], value]))).toEqual({
      "empty id": 1,
      "id not UTF-8": 1,
      "control characters in id": 1,
      "id too long": 1,
      "left without an id": 2,
    });
    fanOut.send("fine\n", "all");
    fanOut.writer.flush();
    await until(() => good.text === "fine\n");
  });

  it("has to come in time, for each connection its own", async () => {
    const clock = new ManualClock();
    const fanOut = await openFanOut({ handshakeTimeoutMs: 5_000 }, clock);
    const waiting = (count: number) => until(() => fanOut.meter.look("connectionsWithoutId") === count);
    const first = (await connected(fanOut.port)).resume();
    await waiting(1);
    await clock.advance(3_000);
    const second = (await connected(fanOut.port)).resume();
    await waiting(2);
    first.write("slow");
    await clock.advance(1_999);
    expect(fanOut.meter.look("connectionsWithoutId")).toBe(2);
    await clock.advance(1);
    await until(() => first.destroyed);
    expect(second.destroyed).toBe(false);
    const third = await join(fanOut, "third");
    await clock.advance(3_000);
    await until(() => second.destroyed);
    expect(fanOut.meter.count("handshakeFailures:no id in time")).toBe(2);
    await clock.advance(60_000);
    expect(third.closed).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it("is what 10,000 connections never send, and a good client is served beside them", async () => {
    const fanOut = await openFanOut({ maxClients: 10, waitingMax: 500 });
    const before = await join(fanOut, "before");
    let silent: Socket[] = [];
    for (let wave = 0; wave < 20; wave++) {
      silent = await Promise.all(Array.from({ length: 500 }, () => connected(fanOut.port)));
      for (const socket of silent) socket.resume();
      fanOut.send(`${wave}\n`, ["before"]);
      fanOut.writer.flush();
      await until(() => before.text.endsWith(`${wave}\n`));
    }
    const during = await join(fanOut, "during");
    fanOut.send("served\n", ["during"]);
    fanOut.writer.flush();
    await until(() => during.text === "served\n");
    expect(fanOut.meter.look("connectionsWithoutId")).toBeLessThanOrEqual(500);
    await until(() => fanOut.meter.count("handshakeFailures:too many without an id") >= 9_500);
  });
});
