import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "millrace";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventLines, shuffle } from "./test-kit/lines.ts";
import { oracle } from "./test-kit/oracle.ts";
import { endAll, joined, serve, written } from "./test-kit/server.ts";

const kills = 4;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-maze-"));
});
afterEach(async () => {
  endAll();
  await rm(folder, { recursive: true, force: true });
});

test(`killed ${kills} times with -9 and sent everything again, a durable server tells no client anything twice, or wrong`, async () => {
  const random = seededRandom(9);
  const users = ["1", "2", "3", "4"];
  const lines = eventLines(random, users, 20_000);
  const expected = oracle(lines, ["1"]).get("1")!;
  const sent = shuffle(random, lines, 50);
  const args = ["--durable", folder, "--commit", "5ms", "--gap-timeout", "never"];
  for (let life = 0; life < kills; life++) {
    const server = await serve(args);
    const client = await joined(server.clientPort, "1\n");
    const source = await joined(server.eventPort);
    // What went before is sent again; of the rest so much that the client is told something, and a little more.
    let further = 1 + random.below(20);
    // Each life gets a part of the sequence that no life before it had.
    const until = (sent.length * (life + 1)) / (kills + 1);
    for (let at = 0; at < until && further > 0; at += 50) {
      await written(source.socket, sent.slice(at, at + 50).join(""));
      if (client.text() !== "") further -= 1;
    }
    await client.has("\n");
    await server.kill();
    // Whatever a connection was told is one run of the right stream: in order, nothing left out within it, nothing twice.
    const at = expected.indexOf(client.text());
    expect(at, `life ${life}`).toBeGreaterThanOrEqual(0);
  }
  const server = await serve(args);
  const client = await joined(server.clientPort, "1\n");
  const source = await joined(server.eventPort);
  for (let at = 0; at < lines.length; at += 5) await written(source.socket, lines.slice(at, at + 5).join(""));
  const last = `${lines.length + 1}|B\n`;
  await written(source.socket, last);
  await client.has(last);
  expect((expected + last).endsWith(client.text())).toBe(true);
  const { code, summary } = await server.stop();
  expect(code).toBe(0);
  expect(summary).toMatchObject({ bad: 0, skipped: 0, late: 0, tooFar: 0 });
  expect(summary.duplicate).toBeGreaterThan(0);
});
