import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson } from "./printable.ts";

const commands = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

test("escape sequences, line ends and marks of direction are shown, not sent", () => {
  expect(printable("\u001b]0;owned\u0007 a\nb\r\tc \u009b31m \u202Egpj.exe \u2028 \ud800")).toBe(
    "\\u001b]0;owned\\u0007 a\\nb\\r\\tc \\u009b31m \\u202egpj.exe \\u2028 \ufffd",
  );
});

test("text of any script stays as it is", () => {
  const text = "日本語 עברית नमस्ते 👩‍👩‍👧 naïve \\n C:\\temp";
  expect(printable(text)).toBe(text);
});

test("what is longer than the bound is cut, without half a character", () => {
  expect(printable("abcdef", 3)).toBe("abc…");
  expect(printable("ab😀", 3)).toBe("ab\ufffd…");
  expect(printable("abc", 3)).toBe("abc");
});

test("no text leaves a command, and doing it twice changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
      const once = printable(text);
      expect(once).not.toMatch(commands);
      expect(printable(once)).toBe(once);
    }),
  );
});

test("a JSON line keeps its value and loses its commands", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), (key, value) => {
      const json = JSON.stringify({ [key]: `${value}\u009b\u202e` });
      const safe = printableJson(json);
      expect(safe).not.toMatch(commands);
      expect(JSON.stringify(JSON.parse(safe))).toBe(json);
    }),
  );
});
