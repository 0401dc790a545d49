import { describe, expect, test } from "vitest";
import { hopping, nestingGroups, session, startOf, tumbling, windowsText } from "./windows.ts";

describe("how windows are set", () => {
  test("sizes come smallest first, in milliseconds", () => {
    expect(tumbling("1d", "1m", "1h")).toEqual({
      kind: "tumbling",
      sizesMs: [60_000, 3_600_000, 86_400_000],
      offsetMs: 0,
    });
    expect(tumbling("1d", { offset: "5h" }).offsetMs).toBe(18_000_000);
    expect(hopping({ size: "1h", every: "1m" })).toMatchObject({ sizeMs: 3_600_000, everyMs: 60_000, offsetMs: 0 });
    expect(session({ gap: "30s" }).gapMs).toBe(30_000);
  });

  test("what makes no windows is refused", () => {
    expect(() => tumbling("0s")).toThrow(/ML1002.*above 0/);
    expect(() => tumbling(0.5)).toThrow(/ML1002.*whole milliseconds/);
    expect(() => tumbling("60s", "1m")).toThrow(/ML1002.*60s|ML1002.*1m/);
    expect(() => tumbling("soon")).toThrow(/ML1003/);
    expect(() => hopping({ size: "1m", every: "2m" })).toThrow(/ML1002.*lose records/);
    expect(() => hopping({ size: "1d", every: "1s" })).toThrow(/ML1002.*1000/);
    expect(() => session({ gap: 0 })).toThrow(/ML1002/);
  });

  test("they are told in a line", () => {
    expect(windowsText(tumbling("1m", "1h"))).toBe("tumbling 1m, 1h");
    expect(windowsText(tumbling("1d", { offset: "5h" }))).toBe("tumbling 1d, offset 5h");
    expect(windowsText(hopping({ size: "1h", every: "90s" }))).toBe("hopping 1h every 90s");
    expect(windowsText(session({ gap: 250 }))).toBe("session, gap 250ms");
  });
});

test("a window's start is at or before the time, also before the epoch and with an offset", () => {
  expect(startOf(59_999.5, 60_000, 0)).toBe(0);
  expect(startOf(60_000, 60_000, 0)).toBe(60_000);
  expect(startOf(-1, 60_000, 0)).toBe(-60_000);
  expect(startOf(2, 10, 3)).toBe(-7);
});

test("sizes that divide a larger one share with it; others stand alone", () => {
  expect(nestingGroups([60, 3600, 86_400])).toEqual([[86_400, 3600, 60]]);
  expect(nestingGroups([10, 15, 30])).toEqual([[30, 15, 10]]);
  expect(nestingGroups([7, 10, 20])).toEqual([[20, 10], [7]]);
});
