import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../core/clock.ts";
import { systemClock } from "../../core/clock.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { type Client, type FanOut, join, openFanOut, turns, until } from "./tcp.fixture.ts";

const recordBytes = 50_000;
/** More than kernel and buffer together take for one client. */
const recordsMax = 1_000;
const record = (n: number) => `${String(n).padStart(8, "0")}${"x".repeat(recordBytes - 9)}\n`;
/** The numbers of the records in a text; fails at one that is not whole. */
const numbers = (text: string) =>
  (text.match(new RegExp(`[^\n]{0,${recordBytes}}\n`, "g")) ?? []).map((line) => {
    expect(line.length).toBe(recordBytes);
    return Number(line.slice(0, 8));
  });
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
/** Memory of buffers that somebody still holds. */
async function bufferBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  let least = Number.POSITIVE_INFINITY;
  // What was found to be garbage is given back by another thread, sooner or later.
  for (let n = 0; n < 20; n++) {
    gc();
    await turns(20);
    least = Math.min(least, process.memoryUsage().arrayBuffers);
  }
  return least;
}
/** Time that moves only when told to, while sockets have their turns. */
const still = () =>
  Object.assign(new ManualClock(), { turn: systemClock.turn.bind(systemClock) }) as ManualClock & Clock;

/** Writes records to all, a turn of the loop each, until something happens; returns how many. */
async function writeUntil(fanOut: FanOut, happened: () => boolean, each?: (count: number) => Promise<void>) {
  let count = 0;
  while (!happened() && count < recordsMax) {
    fanOut.send(record(count), "all");
    fanOut.writer.flush();
    count += 1;
    await each?.(count);
    await turns(1);
  }
  expect(count).toBeLessThan(recordsMax);
  return count;
}

describe("slow clients", () => {
  it("disconnect: the one that is behind goes, the others get everything without waiting", async () => {
    const fanOut = await openFanOut();
    const [one, two] = [await join(fanOut, "1"), await join(fanOut, "2")];
    const stalled = await join(fanOut, "stalled", true);
    const cut = () => fanOut.meter.count("disconnected:slow") === 1;
    const count = await writeUntil(fanOut, cut, async (sent) => {
      expect(fanOut.writer.full).toBe(false);
      await until(() => one.bytes === sent * recordBytes && two.bytes === one.bytes);
      expect(fanOut.meter.look("pendingBytes")).toBeLessThan(1024 * 1024 + 2 * recordBytes);
    });
    expect(numbers(one.text)).toEqual(upTo(count));
    expect(numbers(two.text)).toEqual(upTo(count));
    expect(fanOut.meter.look("clients")).toBe(2);
    expect(fanOut.meter.look("pendingBytes")).toBe(0);
    stalled.listen();
    await until(() => stalled.closed);
    expect(fanOut.meter.warnings.at(-1)).toBe('client "stalled" was disconnected: slow');
  });

  it("disconnect: counts what is for the client alone", async () => {
    const fanOut = await openFanOut({ clientBufferBytes: 100_000 });
    const [good] = [await join(fanOut, "good"), await join(fanOut, "stalled", true)];
    let sent = 0;
    for (; fanOut.meter.count("disconnected:slow") === 0 && sent < recordsMax; sent++) {
      fanOut.send(record(sent), ["stalled", "good"]);
      fanOut.writer.flush();
      await until(() => good!.bytes === (sent + 1) * recordBytes);
      expect(fanOut.meter.look("pendingBytes")).toBeLessThan(100_000 + 2 * recordBytes);
    }
    expect(numbers(good!.text)).toEqual(upTo(sent));
    expect(fanOut.meter.look("clients")).toBe(1);
  });

  it("drop-oldest: keeps the client, drops whole records, and gives it the newest", async () => {
    const fanOut = await openFanOut({ slowClient: "drop-oldest" });
    const [one, two] = [await join(fanOut, "1"), await join(fanOut, "2")];
    const slow = await join(fanOut, "slow", true);
    const count = await writeUntil(
      fanOut,
      () => fanOut.meter.count("dropped") >= 50,
      async (sent) => {
        await until(() => one.bytes === sent * recordBytes && two.bytes === one.bytes);
      },
    );
    const dropped = fanOut.meter.count("dropped");
    slow.listen();
    await until(() => slow.bytes === (count - dropped) * recordBytes);
    const got = numbers(slow.text);
    expect(got).toEqual([...got].sort((a, b) => a - b));
    const missing = upTo(count).filter((n) => !got.includes(n));
    expect(missing).toEqual(upTo(count).slice(missing[0]!, missing[0]! + dropped));
    expect(got.slice(-10)).toEqual(upTo(count).slice(-10));
    expect(numbers(one.text)).toEqual(upTo(count));
  });

  it("block: the pipeline waits, and nobody misses anything", async () => {
    const fanOut = await openFanOut({ slowClient: "block" });
    const [one, two] = [await join(fanOut, "1"), await join(fanOut, "2")];
    const slow = await join(fanOut, "slow", true);
    const count = await writeUntil(fanOut, () => fanOut.writer.full);
    expect(fanOut.meter.look("pendingBytes")).toBeLessThan(1024 * 1024 + 2 * recordBytes);
    let drained = false;
    const draining = fanOut.writer.drain().then(() => (drained = true));
    await turns(200);
    expect(drained).toBe(false);
    slow.listen();
    await draining;
    expect(fanOut.writer.full).toBe(false);
    await until(() => slow.bytes === count * recordBytes);
    expect(numbers(slow.text)).toEqual(upTo(count));
    await until(() => two.bytes === one.bytes && one.bytes === slow.bytes);
    expect(fanOut.meter.count("dropped")).toBe(0);
  });

  it("block: what waits for one client is not what waits for another", async () => {
    const fanOut = await openFanOut({ slowClient: "block" });
    const ids = ["a", "b", "c"];
    const clients: Client[] = [];
    for (const id of ids) clients.push(await join(fanOut, id, true));
    const expected = ["", "", ""];
    for (let n = 0; n < recordsMax && !fanOut.writer.full; n++) {
      for (const [index, id] of ids.entries()) {
        const own = `${id}${n}`.repeat(6_000);
        fanOut.send(own, [id]);
        fanOut.send(`${n}|`, "all");
        expected[index] += own;
        for (const other of ids.keys()) expected[other] += `${n}|`;
      }
      fanOut.writer.flush();
      await turns(1);
    }
    for (const client of clients) client.listen();
    await fanOut.writer.drain();
    await fanOut.writer.prepare();
    for (const [index, client] of clients.entries()) {
      await until(() => client.bytes === expected[index]!.length);
      expect(client.text === expected[index]).toBe(true);
    }
  });

  it("block: goes on when the client it waits for leaves", async () => {
    const fanOut = await openFanOut({ slowClient: "block" });
    const slow = await join(fanOut, "slow", true);
    await writeUntil(fanOut, () => fanOut.writer.full);
    const draining = fanOut.writer.drain();
    slow.socket.resetAndDestroy();
    await draining;
    expect(fanOut.meter.look("clients")).toBe(0);
  });

  it("waits for clients when most of them are behind, and cuts none of them for it", async () => {
    const clock = still();
    const fanOut = await openFanOut({}, clock);
    const clients = [await join(fanOut, "1", true), await join(fanOut, "2", true), await join(fanOut, "3")];
    const count = await writeUntil(fanOut, () => fanOut.writer.full);
    const draining = fanOut.writer.drain();
    for (const client of clients.slice(0, 2)) client.listen();
    await draining;
    for (const client of clients) {
      await until(() => client.bytes === count * recordBytes);
      expect(numbers(client.text)).toEqual(upTo(count));
    }
    expect(fanOut.meter.count("disconnected:slow")).toBe(0);
  });

  it("waits no longer than a second for those that take nothing, and then holds them to the policy", async () => {
    const clock = still();
    const fanOut = await openFanOut({}, clock);
    await join(fanOut, "1", true);
    await writeUntil(fanOut, () => fanOut.writer.full);
    const draining = fanOut.writer.drain();
    await clock.advance(999);
    expect(fanOut.writer.full).toBe(true);
    await clock.advance(1);
    await draining;
    await writeUntil(
      fanOut,
      () => fanOut.meter.count("disconnected:slow") === 1,
      async () => {
        expect(fanOut.writer.full).toBe(false);
      },
    );
  });

  it("prepares once the kernel has taken everything, without waiting for those that take nothing", async () => {
    const clock = still();
    const fanOut = await openFanOut({}, clock);
    const [one] = [await join(fanOut, "1"), await join(fanOut, "2")];
    const slow = await join(fanOut, "slow", true);
    const count = await writeUntil(fanOut, () => fanOut.meter.look("pendingBytes") > 0);
    let prepared = 0;
    const slowly = fanOut.writer.prepare().then(() => (prepared += 1));
    await turns(100);
    expect(prepared).toBe(0);
    slow.listen();
    await slowly;
    await until(() => slow.bytes === count * recordBytes && one!.bytes === slow.bytes);
    const stalled = await join(fanOut, "stalled", true);
    await writeUntil(
      fanOut,
      () => fanOut.meter.look("pendingBytes") > 0,
      async () => {
        await until(() => slow.bytes === one!.bytes);
      },
    );
    const givenUp = fanOut.writer.prepare();
    await clock.advance(1_000);
    await givenUp;
    await fanOut.writer.prepare();
    stalled.socket.destroy();
  });

  it("prepares when the client it waits for leaves, or nothing waits", async () => {
    const fanOut = await openFanOut();
    expect(await fanOut.writer.prepare()).toBe(null);
    const [slow] = [await join(fanOut, "slow", true), await join(fanOut, "1"), await join(fanOut, "2")];
    await writeUntil(fanOut, () => fanOut.meter.look("pendingBytes") > 0);
    const preparing = fanOut.writer.prepare();
    slow!.socket.resetAndDestroy();
    expect(await preparing).toBe(null);
  });

  describe("when what waits for single clients takes all the memory it may", () => {
    const totalBufferBytes = 8 * recordBytes;
    const options = { clientBufferBytes: 4 * recordBytes, totalBufferBytes };

    /** Gives a client that does not read what the kernel takes, and two records more; returns what it was given. */
    async function fill(fanOut: FanOut, id: string): Promise<string> {
      const waiting = () => fanOut.meter.look("pendingBytes");
      // Others may get rid of what they waited with meanwhile.
      let least = waiting();
      let text = "";
      for (let n = 0; waiting() < least + 2 * recordBytes; n++) {
        least = Math.min(least, waiting());
        fanOut.send(record(n), [id]);
        fanOut.writer.flush();
        text += record(n);
        await turns(1);
      }
      return text;
    }

    async function stalledClients(fanOut: FanOut, ids: readonly string[]) {
      const clients: Client[] = [];
      const sent: string[] = [];
      for (const id of ids) {
        clients.push(await join(fanOut, id, true));
        sent.push(await fill(fanOut, id));
      }
      return { clients, sent };
    }

    /** Fills the memory up: who reads is not hurt by it. */
    async function full(fanOut: FanOut, ids: readonly string[]) {
      const good = await join(fanOut, "good");
      const stalled = await stalledClients(fanOut, ids);
      for (const id of ids) {
        fanOut.send(record(0), [id]);
        stalled.sent[ids.indexOf(id)] += record(0);
      }
      fanOut.writer.flush();
      expect(fanOut.writer.full).toBe(true);
      return { good, ...stalled };
    }
    const six = ["a", "b", "c", "d", "e", "f"];

    it("the pipeline waits for them, and when they read on they miss nothing", async () => {
      const fanOut = await openFanOut(options, still());
      const { clients, sent } = await full(fanOut, six);
      let drained = false;
      const draining = fanOut.writer.drain().then(() => (drained = true));
      await turns(100);
      expect(drained).toBe(false);
      for (const client of clients) client.listen();
      await draining;
      for (const [index, client] of clients.entries()) {
        await until(() => client.bytes === sent[index]!.length);
        expect(client.text === sent[index]).toBe(true);
      }
      expect(fanOut.meter.count("disconnected:slow")).toBe(0);
    });

    it("not without end: those furthest behind go when nothing becomes free for ten seconds", async () => {
      const clock = still();
      const fanOut = await openFanOut(options, clock);
      const { good } = await full(fanOut, six);
      const draining = fanOut.writer.drain();
      await clock.advance(9_999);
      expect(fanOut.writer.full).toBe(true);
      expect(fanOut.meter.count("disconnected:slow")).toBe(0);
      await clock.advance(1_001);
      await draining;
      const cut = fanOut.meter.count("disconnected:slow");
      expect(cut).toBeGreaterThanOrEqual(3);
      expect(cut).toBeLessThan(6);
      fanOut.send("x\n", ["good"]);
      fanOut.writer.flush();
      await until(() => good.text === "x\n");
    });

    it("nobody waits for those that have taken nothing for ten seconds before", async () => {
      const clock = still();
      const fanOut = await openFanOut(options, clock);
      await stalledClients(fanOut, six.slice(0, 4));
      await clock.advance(10_000);
      await full(fanOut, six.slice(4));
      const draining = fanOut.writer.drain();
      const cut = fanOut.meter.warnings.length;
      // Most are still half a buffer behind: of that the pipeline waits for a second.
      await clock.advance(1_000);
      await draining;
      expect(cut).toBeGreaterThan(0);
      expect(fanOut.meter.warnings).toHaveLength(cut);
      expect(fanOut.meter.warnings).toEqual(
        expect.arrayContaining([expect.stringMatching(/"[abcd]" was disconnected: slow/)]),
      );
      expect(fanOut.meter.warnings.join()).not.toMatch(/"[ef]"/);
    });

    it("who has read in between counts as reading, whatever was before", async () => {
      const clock = still();
      const fanOut = await openFanOut(options, clock);
      const { clients, sent } = await stalledClients(fanOut, ["a"]);
      await clock.advance(9_000);
      clients[0]!.listen();
      await until(() => clients[0]!.bytes === sent[0]!.length);
      clients[0]!.socket.pause();
      await fill(fanOut, "a");
      await clock.advance(1_000);
      await full(fanOut, six.slice(1));
      void fanOut.writer.drain();
      expect(fanOut.meter.count("disconnected:slow")).toBe(0);
    });

    it("drop-oldest: they stay, and lose their oldest", async () => {
      const clock = still();
      const fanOut = await openFanOut({ ...options, slowClient: "drop-oldest" }, clock);
      const { clients, sent } = await full(fanOut, six);
      const draining = fanOut.writer.drain();
      await clock.advance(12_000);
      await draining;
      const dropped = fanOut.meter.count("dropped");
      expect(dropped).toBeGreaterThan(0);
      for (const client of clients) client.listen();
      const total = sent.join("").length - dropped * recordBytes;
      await until(() => clients.reduce((sum, { bytes }) => sum + bytes, 0) === total);
      for (const client of clients) numbers(client.text);
      expect(fanOut.meter.look("clients")).toBe(7);
    });

    it("block: the pipeline waits, however long", async () => {
      const clock = still();
      const fanOut = await openFanOut({ ...options, slowClient: "block" }, clock);
      const before = await stalledClients(fanOut, six.slice(0, 4));
      await clock.advance(100_000);
      const { clients, sent } = await full(fanOut, six.slice(4));
      const draining = fanOut.writer.drain();
      await clock.advance(100_000);
      expect(fanOut.writer.full).toBe(true);
      for (const client of [...before.clients, ...clients]) client.listen();
      await draining;
      const expected = [...before.sent, ...sent];
      for (const [index, client] of [...before.clients, ...clients].entries()) {
        await until(() => client.bytes === expected[index]!.length);
      }
    });
  });

  it("sends what is for single clients before much of it waits, though it is not told to", async () => {
    const fanOut = await openFanOut();
    for (let n = 0; n < 5; n++) await join(fanOut, `${n}`);
    const own = "x".repeat(9_999);
    let sent = 0;
    for (; fanOut.meter.count("delivered") === 0 && sent < 1_000; sent++) fanOut.send(own, [`${sent % 5}`]);
    expect(sent).toBeGreaterThan(300);
    expect(sent).toBeLessThan(500);
  });

  it("keeps what is for all once, however many are behind", async () => {
    const fanOut = await openFanOut({ clientBufferBytes: 8 * 1024 * 1024, slowClient: "drop-oldest" });
    for (let n = 0; n < 12; n++) await join(fanOut, `stalled ${n}`, true);
    const reading: Client[] = [];
    for (let n = 0; n < 13; n++) reading.push(await join(fanOut, String(n)));
    const before = await bufferBytes();
    const enough = () => fanOut.meter.look("pendingBytes") > 36 * 1024 * 1024;
    await writeUntil(fanOut, enough, async (sent) => {
      for (const client of reading) {
        await until(() => client.bytes === sent * recordBytes);
        client.chunks.length = 0;
      }
    });
    expect((await bufferBytes()) - before).toBeLessThan(18 * 1024 * 1024);
  });
});
