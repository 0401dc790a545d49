import { describe, expect, it } from "vitest";
import { Pace } from "./pace.ts";
import { type Page, PagePool } from "./page-pool.ts";
import { Patience } from "./patience.ts";
import type { UserClient } from "./user-client.ts";

const kib = 1024;

const pool = new PagePool();

/** So many clients, each so far behind, in bytes, and what a pace says of them. */
function paced(behind: readonly number[], bufferBytes = 1024 * kib) {
  const clients = behind.map((bytes) => ({ bytes, gone: false, lagging: false, stalled: false })) as UserClient[];
  const settings = { slowClient: "disconnect", bufferBytes, totalBufferBytes: 1024 * kib } as const;
  const pace = new Pace(settings, new Set(clients), pool);
  for (const client of clients) pace.note(client);
  return pace;
}

const each = (count: number, bytes: number) => new Array<number>(count).fill(bytes);

describe("Pace", () => {
  it("waits when more than half of the clients are half a buffer behind", () => {
    expect(paced([...each(9, 0), ...each(10, 600 * kib)]).held).toBe(true);
    expect(paced([...each(10, 0), ...each(10, 600 * kib)]).held).toBe(false);
    expect(paced(each(10, 500 * kib)).held).toBe(false);
  });

  it("holds many clients to 32 MiB in all, whatever each of them may have", () => {
    expect(paced(each(1000, 30 * kib)).held).toBe(false);
    expect(paced(each(1000, 36 * kib)).held).toBe(true);
    // Not for a few that are slow: they are for the policy.
    expect(paced([...each(501, 0), ...each(499, 900 * kib)]).held).toBe(false);
  });

  it("waits while the memory of single clients is used up, until a quarter of it is free", () => {
    const pace = paced(each(100, 0));
    const client = { bytes: 0, gone: false, lagging: false, stalled: false } as UserClient;
    const pages: Page[] = [];
    const heldAt = (bytes: number) => {
      while (pool.usedBytes < bytes) pages.push(pool.take(1));
      while (pool.usedBytes > bytes) pool.give(pages.pop()!);
      pace.note(client);
      return pace.held;
    };
    expect(heldAt(1024 * kib)).toBe(false);
    expect(heldAt(1026 * kib)).toBe(true);
    expect(heldAt(770 * kib)).toBe(true);
    expect(heldAt(768 * kib)).toBe(false);
    expect(heldAt(1024 * kib)).toBe(false);
  });
});

describe("Patience", () => {
  it("ends when ten seconds, a look each, did not free an eighth", () => {
    const patience = new Patience(800);
    const looks = (count: number, usedBytes: number) =>
      Array.from({ length: count }, () => patience.ends(usedBytes)).indexOf(true);
    expect(looks(10, 900)).toBe(-1);
    expect(looks(1, 800)).toBe(-1);
    expect(looks(9, 701)).toBe(-1);
    expect(looks(1, 700)).toBe(-1);
    expect(looks(20, 650)).toBe(9);
    patience.renew();
    expect(looks(10, 650)).toBe(-1);
    expect(looks(1, 650)).toBe(0);
  });
});
