import { describe, expect, it } from "vitest";
import { type FrameOptions, frameDefaults, frameSettings } from "./options.ts";

const truth = { windowsMs: [60_000], lagMs: 5_000, maxFutureMs: 60_000 };

describe("the options", () => {
  it("have defaults, also for what is given as undefined", () => {
    expect(frameSettings({ seed: undefined })).toEqual({ ...frameDefaults, truth: undefined });
    expect(frameSettings({ seed: 9, truth })).toEqual({ ...frameDefaults, seed: 9, truth });
  });

  it.each([
    [{ count: -1 }, "count is -1"],
    [{ count: 1.5 }, "whole number"],
    [{ ratePerSecond: 0 }, "ratePerSecond is 0"],
    [{ users: 0 }, "users is 0"],
    [{ bytes: 10 }, "from 64"],
    [{ bytes: Number.NaN }, "bytes is NaN"],
    [{ lateShare: 3 }, "lateShare is 3"],
    [{ futureShare: 0.5 }, "futureShare is 0.5"],
    [{ lateShare: 0.9, badShare: 0.2 }, "exceed 1"],
    [{ startSeconds: 4_000, delayMs: 5_000_000 }, "beyond the epoch"],
    [{ truth: { ...truth, windowsMs: [] } }, "at least one size"],
    [{ truth: { ...truth, windowsMs: [0] } }, "at least one size"],
    [{ truth: { ...truth, windowsMs: [5, 5] } }, "twice"],
    [{ truth: { ...truth, lagMs: -1 } }, "lagMs is -1"],
    [{ truth: { ...truth, maxFutureMs: 3_600_000 } }, "below 1h"],
  ] as [FrameOptions, string][])("refuse %o", (options, message) => {
    expect(() => frameSettings(options)).toThrow(message);
  });
});
