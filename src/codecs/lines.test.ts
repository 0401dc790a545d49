import { describe, expect, it } from "vitest";
import { lines } from "./lines.ts";

describe("lines.text", () => {
  it("reads UTF-8 in place, from a Buffer or any Uint8Array", () => {
    const bytes = Buffer.from("xxвода🌊yy");
    expect(lines.text.decode(bytes, 2, bytes.length - 2)).toBe("вода🌊");
    expect(lines.text.decode(new Uint8Array(bytes).subarray(1), 1, bytes.length - 3)).toBe("вода🌊");
  });

  it("takes what is not UTF-8, and NUL", () => {
    expect(lines.text.decode(Buffer.from([0, 0xff, 65]), 0, 3)).toBe("\0\u{fffd}A");
  });

  it("writes text as it is, and throws at text that would not come back as one line", () => {
    expect(lines.text.encode("a\rb")).toBe("a\rb");
    expect(() => lines.text.encode("a\nb")).toThrow("line break");
    expect(() => lines.text.encode("a\r")).toThrow("line break");
  });
});
