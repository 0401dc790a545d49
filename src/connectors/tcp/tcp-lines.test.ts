import { once } from "node:events";
import type { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteBatch } from "../../core/records.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { connected, linesIn, openLines, readLines, turns, until } from "./tcp.fixture.ts";
import { tcpLines } from "./tcp-lines.ts";

const texts = (lines: readonly { readonly text: string }[]) => lines.map(({ text }) => text);

/** Sends the bytes in segments of these sizes, over and over, each in a turn of its own. */
async function sendIn(socket: Socket, bytes: Buffer, sizes: readonly number[]): Promise<void> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    socket.write(bytes.subarray(at, at + size));
    at += size;
    await turns(1);
  }
}

describe("tcpLines", () => {
  it("finds the same lines however the bytes come, ends included or not", async () => {
    const content = fc.array(fc.constantFrom(10, 13, 0, 0xff, 97, 124), { minLength: 1, maxLength: 60 });
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 });
    const kept = await openLines({ keepLineEnds: true });
    const bare = await openLines();
    await fc.assert(
      fc.asyncProperty(content, sizes, fc.boolean(), async (list, segments, keep) => {
        const bytes = Buffer.from(list);
        const { reader, port } = keep ? kept : bare;
        const whole = bytes.toString("latin1").match(/[^\n]*\n|[^\n]+$/g)!;
        const expected = keep ? whole : whole.map((line) => line.replace(/\r?\n$/, ""));
        const socket = await connected(port);
        const found = readLines(reader, expected.length);
        await sendIn(socket, bytes, segments);
        socket.end();
        expect(texts(await found)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("hands a line on as soon as it is there, and says where it was", async () => {
    const { reader, port } = await openLines({ keepLineEnds: true });
    const socket = await connected(port);
    socket.write("one\r\ntw");
    const [one] = linesIn((await reader.read()) as ByteBatch);
    expect(one!.text).toBe("one\r\n");
    expect(reader.pending).toBe(false);
    const next = reader.read();
    socket.write("o\n");
    const [two] = linesIn((await next) as ByteBatch);
    expect(two).toMatchObject({
      text: "two\n",
      place: `connection 1 from 127.0.0.1:${socket.localPort}, byte 5`,
    });
  });

  it("refuses a half line when told to, and always after a reset", async () => {
    const { reader, port, meter } = await openLines({ halfLine: "refuse" });
    const polite = await connected(port);
    polite.end("whole\nhalf");
    expect(await readLines(reader, 2)).toMatchObject([
      { text: "whole", reason: undefined },
      { text: "half", reason: "line cut off" },
    ]);
    const rude = await connected(port);
    rude.write("whole\nhal");
    expect(texts(await readLines(reader, 1))).toEqual(["whole"]);
    rude.resetAndDestroy();
    expect(await readLines(reader, 1)).toMatchObject([{ text: "hal", reason: "line cut off by a reset" }]);
    expect(meter.count("resets")).toBe(1);
    const next = await connected(port);
    next.write("goes on\n");
    expect(texts(await readLines(reader, 1))).toEqual(["goes on"]);
  });

  it("refuses a line too long without keeping it, and goes on", async () => {
    const { reader, port } = await openLines({ lineBytesMax: 10, keepLineEnds: true });
    const socket = await connected(port);
    socket.write(`${"x".repeat(500_000)}\n123456789\n1234567890\n`);
    expect(await readLines(reader, 3)).toMatchObject([
      { text: "xxxxxxxxxx", reason: "line too long" },
      { text: "123456789\n", reason: undefined },
      { text: "1234567890", reason: "line too long" },
    ]);
  });

  it("refuses a connection too many, but gives it a second in which the one before may go", async () => {
    const clock = new ManualClock();
    const { reader, port, meter } = await openLines({}, clock);
    const first = await connected(port);
    await until(() => meter.count("accepted") === 1);
    const second = await connected(port);
    await until(() => clock.timers === 1);
    const third = await connected(port);
    await until(() => third.resume().destroyed);
    expect(meter.count("refused:too many connections")).toBe(1);
    first.end("from the first\n");
    second.write("from the second\n");
    expect(texts(await readLines(reader, 2))).toEqual(["from the first", "from the second"]);
    const fourth = await connected(port);
    await until(() => clock.timers === 1);
    expect(fourth.destroyed).toBe(false);
    await clock.advance(1_000);
    await until(() => fourth.resume().destroyed);
    expect(meter.count("refused:too many connections")).toBe(2);
    expect(meter.warnings.at(-1)).toMatch(/from 127\.0\.0\.1 was refused: too many connections/);
  });

  it("takes from several connections in turn", async () => {
    const { reader, port, meter } = await openLines({ maxConnections: 3 });
    const sockets = [await connected(port), await connected(port), await connected(port)];
    sockets.map((socket, n) => socket.write(`${n}\n`.repeat(20_000)));
    await until(() => meter.count("accepted") === 3);
    await turns();
    const order: string[] = [];
    const counts = [0, 0, 0];
    while (counts.reduce((sum, count) => sum + count) < 60_000) {
      const batch = (await reader.read()) as ByteBatch;
      order.push(batch.partition.name);
      counts[Number(linesIn(batch)[0]!.text)]! += batch.size;
    }
    expect(new Set(order.slice(0, 3)).size).toBe(3);
    expect(counts).toEqual([20_000, 20_000, 20_000]);
  });

  it("makes the sender wait while nobody reads, in bounded memory, and loses nothing", async () => {
    const readBytes = 256 * 1024;
    const { reader, port } = await openLines({ readBytes });
    const socket = await connected(port);
    const line = `${"y".repeat(99)}\n`;
    const lines = 500_000;
    socket.write(line.repeat(lines));
    const received = () => (reader.status!() as { connections: { bytes: number }[] }).connections[0]?.bytes ?? 0;
    await until(() => received() > 0);
    await turns(200);
    expect(received()).toBeLessThanOrEqual(readBytes);
    expect(socket.writableLength).toBeGreaterThan(0);
    let count = 0;
    while (count < lines) {
      const batch = (await reader.read()) as ByteBatch;
      count += batch.size;
      expect(linesIn(batch).every(({ text }) => text.length === 99)).toBe(true);
    }
    await until(() => socket.writableLength === 0);
    expect(reader.progress!()).toEqual({ doneBytes: lines * 100, totalBytes: undefined });
  });

  it("holds no more of a sender of single bytes", async () => {
    const { reader, port } = await openLines();
    const socket = await connected(port);
    await sendIn(socket, Buffer.alloc(3_000, "z\n"), [1]);
    await turns(100);
    const { connections } = reader.status!() as { connections: { bytes: number }[] };
    expect(connections[0]!.bytes).toBeLessThan(2_000);
    expect((await readLines(reader, 1_500)).length).toBe(1_500);
  });

  it("stays open when everybody has left, and ends when told to", async () => {
    const { reader, port, stop } = await openLines();
    for (const text of ["a", "b", "c"]) {
      const socket = await connected(port);
      socket.end(`${text}\n`);
      expect(texts(await readLines(reader, 1))).toEqual([text]);
    }
    const waiting = reader.read();
    await turns();
    stop.abort();
    expect(await waiting).toBe("end");
    await reader.close();
    const again = await openLines({ port });
    expect(again.port).toBe(port);
  });

  it("lets in whom it may", async () => {
    const { port, meter } = await openLines({ allow: ["10.0.0.0/8", "::1"] });
    const socket = await connected(port);
    await once(socket.resume(), "close");
    expect(meter.count("refused:address not allowed")).toBe(1);
    const open = await openLines({ allow: ["127.0.0.0/8"] });
    const friend = await connected(open.port);
    friend.write("hello\n");
    expect(texts(await readLines(open.reader, 1))).toEqual(["hello"]);
  });

  it("says what to do about a port in use and options that cannot be", async () => {
    const { port } = await openLines();
    await expect(openLines({ port })).rejects.toMatchObject({
      code: "ML3001",
      message: expect.stringContaining(`port ${port} of 127.0.0.1 is in use: stop the program that holds it`),
    });
    await expect(openLines({ host: "192.0.2.1" })).rejects.toThrow("no address of this machine");
    for (const wrong of [
      { port: -1 },
      { port: 0, maxConnections: 0 },
      { port: 0, readBytes: 1000 },
      { port: 0, allow: ["localhost"] },
      { port: 0, allow: ["10.0.0.0/99"] },
      { port: 0, halfLine: "maybe" as "record" },
    ]) {
      expect(() => tcpLines(wrong)).toThrow("ML1002");
    }
    expect(tcpLines({ port: 9090 }).traits).toEqual({ name: "tcp 127.0.0.1:9090", replayable: false, live: true });
  });
});
