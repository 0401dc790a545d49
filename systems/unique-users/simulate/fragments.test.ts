import { seededRandom } from "millrace";
import { expect, it } from "vitest";
import { fragmentPool } from "./fragments.ts";

function textsOf(bytesMax: number): string[] {
  const { bytes, starts } = fragmentPool(seededRandom(2), bytesMax);
  return Array.from(starts.subarray(1), (end, i) => bytes.toString("utf8", starts[i], end));
}

it.each([32, 72, 400])("fields of at most %i bytes are JSON, none of them named ts or uid", (bytesMax) => {
  for (const text of textsOf(bytesMax)) {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytesMax);
    expect(text.at(-1)).toBe(",");
    const keys = Object.keys(JSON.parse(`{${text.slice(0, -1)}}`) as object);
    expect(keys.length).toBe(1);
    expect(["ts", "uid"]).not.toContain(keys[0]);
  }
});

it("makes thousands of different fields", () => {
  expect(new Set(textsOf(400)).size).toBeGreaterThan(3_000);
});
