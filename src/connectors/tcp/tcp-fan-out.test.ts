import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Audience } from "./delivery.ts";
import { type Client, connected, join, openFanOut, turns, until } from "./tcp.fixture.ts";
import { tcpFanOut } from "./tcp-fan-out.ts";

function audienceOf(ids: ReadonlySet<string>) {
  const among: Audience["among"] = (list, each) => {
    for (const [place, id] of list.entries()) if (ids.has(id)) each(place);
  };
  return { size: ids.size, among, ids };
}

function namesOf(to: "all" | string[] | ReturnType<typeof audienceOf>): Iterable<string> {
  if (to === "all") return ["a", "b", "c"];
  return "ids" in to ? to.ids : to;
}

describe("tcpFanOut", () => {
  it("gives each client what is for it and for all, in order", async () => {
    const ids = fc.array(fc.constantFrom("a", "b", "c", "nobody", "n", "m"), { maxLength: 6 });
    const audience = ids.map((list) => audienceOf(new Set(list)));
    const event = fc.record({
      to: fc.oneof(fc.constant("all" as const), ids, audience),
      length: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 200_000 })),
      flush: fc.boolean(),
    });
    const fanOut = await openFanOut();
    const clients = { a: await join(fanOut, "a"), b: await join(fanOut, "b"), c: await join(fanOut, "c") };
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        const expected = { a: "", b: "", c: "" };
        for (const client of Object.values(clients)) {
          client.chunks.length = 0;
          client.bytes = 0;
        }
        for (const [n, { to, length, flush }] of events.entries()) {
          const text = `${n}|`.repeat(length).slice(0, length);
          fanOut.send(text, to);
          for (const id of namesOf(to)) if (id in expected) expected[id as "a"] += text;
          if (flush) fanOut.writer.flush();
          if (fanOut.writer.full) await fanOut.writer.drain();
        }
        await fanOut.writer.prepare();
        for (const [id, text] of Object.entries(expected)) {
          const client = clients[id as "a"];
          await until(() => client.bytes >= text.length);
          expect(client.text === text).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
    expect(fanOut.meter.count("delivered")).toBeGreaterThan(0);
    expect(fanOut.meter.count("unconnected")).toBeGreaterThan(0);
  });

  it("sends a client all that was written for it at once, when it is told to", async () => {
    const fanOut = await openFanOut();
    const client = await join(fanOut, "1");
    fanOut.send("mine\n", ["1"]);
    fanOut.send("ours\n", "all");
    await turns();
    expect(fanOut.meter.count("delivered")).toBe(0);
    fanOut.writer.flush();
    await until(() => client.bytes > 0);
    expect(client.chunks.map(String)).toEqual(["mine\nours\n"]);
    expect(fanOut.meter.count("delivered")).toBe(2);
    expect(fanOut.meter.count("deliveredBytes")).toBe(10);
  });

  it("gives a client nothing of what was written before it came", async () => {
    const fanOut = await openFanOut();
    const early = await join(fanOut, "early");
    fanOut.send("before\n", "all");
    const late = await join(fanOut, "late");
    fanOut.send("after\n", "all");
    fanOut.writer.flush();
    await until(() => early.text === "before\nafter\n" && late.text.length >= 6);
    expect(late.text).toBe("after\n");
  });

  it("takes twins, the newest, or the first, as it is told", async () => {
    const got = async (duplicateClient: "both" | "replace" | "refuse") => {
      const fanOut = await openFanOut({ duplicateClient });
      const first = await join(fanOut, "7");
      const socket = await connected(fanOut.port);
      socket.write("7\n");
      const texts: string[] = ["", ""];
      socket.on("data", (chunk) => (texts[1] += chunk.toString()));
      await until(() => fanOut.meter.count("accepted") === 2 || fanOut.meter.count("refused:id is connected") === 1);
      fanOut.send("x\n", ["7"]);
      fanOut.send("y\n", "all");
      fanOut.writer.flush();
      await until(() => first.text === "x\ny\n" || texts[1] === "x\ny\n");
      if (duplicateClient !== "both") await until(() => first.closed || socket.destroyed);
      else await until(() => first.text === texts[1]);
      return [first.text, texts[1]];
    };
    expect(await got("both")).toEqual(["x\ny\n", "x\ny\n"]);
    expect(await got("replace")).toEqual(["", "x\ny\n"]);
    expect(await got("refuse")).toEqual(["x\ny\n", ""]);
  });

  it("refuses a client too many, and lets one in when another has left", async () => {
    const fanOut = await openFanOut({ maxClients: 2 });
    const [first] = [await join(fanOut, "1"), await join(fanOut, "2")];
    const third = await connected(fanOut.port);
    third.write("3\n");
    await once(third.resume(), "close");
    expect(fanOut.meter.count("refused:too many clients")).toBe(1);
    first!.socket.end();
    await until(() => fanOut.meter.look("clients") === 1);
    const fourth = await join(fanOut, "4");
    fanOut.send("hello\n", "all");
    fanOut.writer.flush();
    await until(() => fourth.text === "hello\n");
  });

  it("survives clients that reset, half-close or vanish amid what they get", async () => {
    const fanOut = await openFanOut();
    const good = await join(fanOut, "good");
    const leaving: Client[] = [];
    for (let n = 0; n < 12; n++) leaving.push(await join(fanOut, String(n), n % 2 === 0));
    let expected = "";
    for (let n = 0; n < 300; n++) {
      const text = `${n}:${"z".repeat(5_000)}\n`;
      expected += text;
      fanOut.send(text, "all");
      fanOut.send("mine\n", [String(n % 12)]);
      const client = n % 20 === 0 ? leaving.pop() : undefined;
      if (leaving.length % 3 === 0) client?.socket.resetAndDestroy();
      else if (leaving.length % 3 === 1) client?.socket.end();
      else client?.socket.destroy();
      fanOut.writer.flush();
      if (fanOut.writer.full) await fanOut.writer.drain();
      await until(() => good.bytes === expected.length);
    }
    expect(good.text === expected).toBe(true);
    await until(() => fanOut.meter.look("clients") === 1);
    expect(fanOut.meter.count("resets")).toBeGreaterThan(0);
  });

  it("cuts a client that floods it", async () => {
    const fanOut = await openFanOut();
    const good = await join(fanOut, "good");
    const bad = await join(fanOut, "bad");
    bad.socket.write(Buffer.alloc(4_000_000, "let me tell you "));
    await until(() => bad.closed);
    expect(fanOut.meter.count("disconnected:sends what nobody asked for")).toBe(1);
    fanOut.send("still here\n", "all");
    fanOut.writer.flush();
    await until(() => good.text === "still here\n");
  });

  it("lets clients go gently at the end, with all that was prepared", async () => {
    const fanOut = await openFanOut();
    const client = await join(fanOut, "1");
    const text = "the end\n".repeat(50_000);
    fanOut.send(text, ["1"]);
    await fanOut.writer.prepare();
    await fanOut.writer.close();
    await until(() => client.closed);
    expect(client.text === text).toBe(true);
  });

  it("says what to do about a port in use and options that cannot be", async () => {
    const { port } = await openFanOut();
    await expect(openFanOut({ port })).rejects.toMatchObject({
      code: "ML4001",
      message: expect.stringContaining(`port ${port} of 127.0.0.1 is in use`),
    });
    for (const wrong of [
      { port: 70_000 },
      { port: 0, maxClients: 0 },
      { port: 0, clientBufferBytes: 0.5 },
      { port: 0, slowClient: "punish" as "block" },
      { port: 0, duplicateClient: "none" as "both" },
    ]) {
      expect(() => tcpFanOut(wrong)).toThrow("ML1002");
    }
    expect(() => tcpFanOut({ port: 0, handshakeTimeoutMs: -1 })).toThrow("ML1003");
  });
});
