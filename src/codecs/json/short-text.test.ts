import { expect, test } from "vitest";
import { shortText } from "./short-text.ts";

test("the text of up to 32 bytes, wherever they lie; not of more", () => {
  const text = "The quick brown fox jumps over a lazy dog, and \u007f~ {}";
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < 10; start++) {
    for (let length = 0; length <= 32; length++) {
      expect(shortText(bytes, start, start + length)).toBe(text.slice(start, start + length));
    }
    expect(shortText(bytes, start, start + 33)).toBeUndefined();
  }
});
