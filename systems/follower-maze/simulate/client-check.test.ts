import { seededRandom } from "millrace";
import { describe, expect, test } from "vitest";
import { oracle } from "../test-kit/oracle.ts";
import { ClientCheck } from "./client-check.ts";
import { EventStream } from "./event-stream.ts";
import { garbageLine } from "./garbage.ts";
import type { SimulationSettings } from "./settings.ts";

const settings: SimulationSettings = {
  host: "",
  eventPort: 0,
  clientPort: 0,
  events: 2_000,
  clients: 7,
  users: 20,
  batch: 50,
  seed: 3,
  gap: 9,
  duplicate: 40,
  garbage: 60,
  slowClients: 0,
  vanishingClients: 0,
  rate: 0,
};
const first = 4;
const allClients = { users: Array.from({ length: settings.clients }, (_, client) => client + 1), measured: false };

/** All lines that the source sends, with their ends. */
function sentLines(of: SimulationSettings): { lines: string[]; batches: number } {
  const stream = new EventStream(of, first);
  const lines: string[] = [];
  let batches = 0;
  for (; !stream.done; batches++)
    lines.push(
      ...stream
        .nextBatch()
        .toString("latin1")
        .split(/(?<=\n)/),
    );
  expect(stream.lines).toBe(lines.length);
  return { lines, batches };
}

/** What a right server sends each client; it knew client 0 from the first probe on, the others from the second. */
function rightBytes(): Buffer[] {
  const believable = sentLines(settings).lines.filter((line) => Number(line.split("|")[0]) < 1e6);
  const users = Array.from({ length: settings.clients }, (_, client) => String(client + 1));
  const received = oracle(
    believable.filter((line) => !line.startsWith("0|")),
    users,
  );
  return users.map((user, client) => {
    const probes = ["1|B\r\n", "2|B\r\n", "3|B\r\n"].slice(client === 0 ? 0 : 1).join("");
    return Buffer.from(probes + received.get(user)!, "latin1");
  });
}

/** Gives the bytes to the check, in pieces; tells what it found. */
function problemsOf(bytes: readonly Buffer[]): string[] {
  let ready = 0;
  const check = new ClientCheck(settings, allClients, () => {
    ready += 1;
  });
  const random = seededRandom(1);
  const places = bytes.map((_, client) => {
    check.received(client, bytes[client]!.subarray(0, 5), 0);
    return 5;
  });
  expect(ready).toBe(1);
  check.begin(first);
  for (let open = true; open; ) {
    open = false;
    for (const [client, all] of bytes.entries()) {
      const to = Math.min(all.length, places[client]! + 1 + random.below(400));
      check.received(client, all.subarray(places[client]!, to), 0);
      places[client] = to;
      if (to < all.length) open = true;
    }
  }
  if (!check.done) check.tellMissing();
  return check.problems;
}

describe("the check of the clients' bytes", () => {
  test("agrees with the oracle of the tests", () => {
    expect(problemsOf(rightBytes())).toEqual([]);
  });

  test("finds a byte that is wrong, missing, too many or out of order", () => {
    for (const client of [0, 3]) {
      const spoiled = (spoil: (bytes: Buffer) => Buffer) =>
        problemsOf(rightBytes().map((bytes, index) => (index === client ? spoil(bytes) : bytes))).join("\n");
      const wrong = spoiled((bytes) => {
        bytes[Math.floor(bytes.length / 2)]! ^= 1;
        return bytes;
      });
      expect(wrong).toContain(`client ${client + 1} received`);
      expect(spoiled((bytes) => bytes.subarray(0, -1))).toContain(`client ${client + 1} has not received 1 bytes`);
      expect(spoiled((bytes) => Buffer.concat([bytes, Buffer.from("x")]))).toContain('"nothing" was to come');
      const lines = (bytes: Buffer) => bytes.toString("latin1").split(/(?<=\n)/);
      expect(spoiled((bytes) => Buffer.from(lines(bytes).toSpliced(9, 1).join("")))).toContain("where");
      expect(spoiled((bytes) => Buffer.from(lines(bytes).toSpliced(9, 0, lines(bytes)[9]!).join("")))).toContain(
        "where",
      );
    }
  });

  test("finds a client that was disconnected", () => {
    const check = new ClientCheck(settings, allClients, () => {});
    check.closed(2);
    expect(check.problems).toEqual(["client 3 was disconnected"]);
  });
});

test("a stream has every event once, but for those left out and those sent twice, and the garbage", () => {
  const { lines } = sentLines(settings);
  const numbers = lines.filter((line) => /^\d+\|([BFUPS])/.test(line)).map((line) => Number(line.split("|")[0]));
  const counts = new Map<number, number>();
  for (const number of numbers) if (number >= first + 20) counts.set(number, (counts.get(number) ?? 0) + 1);
  const inRange = [...counts].filter(([number]) => number < first + settings.events);
  expect(inRange.filter(([, count]) => count === 2).length).toBeGreaterThan(30);
  expect(inRange.length).toBeGreaterThanOrEqual(settings.events - settings.gap - 20);
  expect(inRange.length).toBeLessThanOrEqual(settings.events - settings.gap);
  expect(sentLines(settings).lines).toEqual(lines);
});

test("no garbage line can be taken for an event of a sequence that has got beyond its first number", () => {
  const random = seededRandom(1);
  for (let draw = 0; draw < 500; draw++) {
    const line = Buffer.from(garbageLine(random)).toString("latin1");
    expect(line.endsWith("\n")).toBe(true);
    const match = /^(\d+)\|(B|S\|[^|]+|[FUP]\|[^|]+\|[^|]+)\r?\n$/.exec(line);
    if (match !== null && !/[\0-\x1f\x7f-\xff]/.test(line.trimEnd()))
      expect([0, 2 ** 53 - 1, 2 ** 53 + 1]).toContain(Math.min(Number(match[1]), 2 ** 53 + 1));
  }
});
