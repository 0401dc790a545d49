import { describe, expect, it } from "vitest";
import { Pace } from "./pace.ts";
import type { UserClient } from "./user-client.ts";

const kib = 1024;

/** So many clients, each so far behind, in bytes, and what a pace says of them. */
function paced(behind: readonly number[], bufferBytes = 1024 * kib) {
  const clients = behind.map((bytes) => ({ bytes, gone: false, lagging: false, stalled: false })) as UserClient[];
  const pace = new Pace("disconnect", bufferBytes, new Set(clients));
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
});
