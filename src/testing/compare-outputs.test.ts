import { expect, test } from "vitest";
import { differences, replayDifferences } from "./compare-outputs.ts";

const right = ["a 1", "b 1", "a 2", "b 2"];

test("the same is no difference, in whatever order is asked for", () => {
  expect(differences(right, right, "kept")).toEqual([]);
  expect(differences(right, [...right].reverse(), "any")).toEqual([]);
  expect(differences(right, ["b 1", "b 2", "a 1", "a 2"], (text) => text[0]!)).toEqual([]);
});

test("what is lost, doubled, foreign and out of order is told", () => {
  expect(differences(right, ["a 1", "a 2", "a 2", "c"], "kept")).toEqual([
    "lost b 1 and b 2",
    "doubled a 2",
    "foreign c",
  ]);
  expect(differences(["a", "a"], ["a"], "any")).toEqual(["lost a"]);
  expect(differences(right, ["a 1", "b 1", "b 2", "a 2"], "kept")).toEqual([
    "out of order from value 2 on: b 2 instead of a 2",
  ]);
  expect(differences(right, ["a 2", "a 1", "b 1", "b 2"], (text) => text[0]!)).toEqual([
    "a: out of order from value 0 on: a 2 instead of a 1",
  ]);
});

test("an output may repeat what came after a checkpoint, and nothing else", () => {
  const replay = (actual: string[], starts: number[]) => replayDifferences(right, actual, "kept", starts);
  expect(replay(["a 1", "b 1", "b 1", "a 2", "b 2"], [0, 2])).toEqual([]);
  expect(replay(["a 1", "b 1", "a 1", "b 1", "a 2", "b 2"], [0, 2])).toEqual([]);
  expect(replay(right, [0, 2, 2, 4])).toEqual([]);
  expect(replay(["a 1", "b 1", "b 2"], [0, 2])[0]).toContain("from value 2 on it is no run");
  expect(replay(["a 1", "b 1", "b 1", "a 2", "b 2"], [0])[0]).toContain("from value 0 on it is no run");
  expect(replay(["a 1", "b 1", "b 1"], [0, 2])).toEqual(["lost a 2 and b 2"]);
  expect(replayDifferences(right, ["b 2", "b 2", "a 1", "b 1", "a 2"], "any", [0])).toEqual([]);
  expect(replayDifferences(right, ["b 2", "b 2", "a 1", "b 1"], "any", [0])).toEqual(["lost a 2"]);
});
