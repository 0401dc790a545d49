import { expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { createLogger, type LogOptions } from "./log.ts";
import { keptOutput } from "./status-fixture.ts";

const clock = new ManualClock(Date.UTC(2016, 6, 11, 13, 39, 31, 250));

function loggerWith(options: LogOptions & { terminal?: boolean } = {}) {
  const out = keptOutput({ isTTY: options.terminal ?? false });
  return { out, logger: createLogger({ clock, out, color: false, ...options }) };
}

test("elsewhere than on a terminal a line is a JSON object", () => {
  const { out, logger } = loggerWith({ fields: { job: "unique-users" } });
  logger.warn("late %d 100%%", { step: "clock", big: 2n ** 60n, list: [1, { deep: true }] });
  expect(out.take()).toBe(
    '{"level":"warn","time":"2016-07-11T13:39:31.250Z","job":"unique-users","step":"clock",' +
      '"big":1152921504606846976,"list":[1,{"deep":true}],"msg":"late %d 100%%"}\n',
  );
});

test("on a terminal a line is for people", () => {
  const { out, logger } = loggerWith({ terminal: true });
  logger.info("started", { step: "clock", file: "a b.jsonl", n: 3, sizes: ["1m"] });
  logger.error("failed");
  expect(out.take()).toBe(
    '13:39:31.250Z INFO  started  step=clock file="a b.jsonl" n=3 sizes=["1m"]\n13:39:31.250Z ERROR failed\n',
  );
});

test("the level is the only thing that is coloured", () => {
  const { out, logger } = loggerWith({ terminal: true, color: true });
  logger.warn("hm");
  expect(out.take()).toBe("13:39:31.250Z \u001b[33mWARN \u001b[39m hm\n");
});

test("an error is written with its code, its step and its cause", () => {
  const { out, logger } = loggerWith();
  const cause = new Error("disk gone");
  logger.error("failed", { error: new MillraceError("ML4001", { message: "not written", step: "counts", cause }) });
  const line = JSON.parse(out.take());
  expect(line.error).toMatchObject({ type: "MillraceError", code: "ML4001", step: "counts", retryable: true });
  expect(line.error.message).toContain('at step "counts": not written');
  expect(line.error.stack).toContain("disk gone");
});

test("an error's stack is indented, so that a line feed in its message forges no log line", () => {
  const { out, logger } = loggerWith({ terminal: true });
  logger.error("failed", { error: new Error("x\n13:39:31.250Z INFO  all is well\u001b[2J") });
  const lines = out.take().trimEnd().split("\n");
  expect(lines[0]).toBe("13:39:31.250Z ERROR failed");
  expect(lines.slice(1, 3)).toEqual(["    Error: x", "    13:39:31.250Z INFO  all is well\\u001b[2J"]);
  expect(lines.slice(1).every((line) => line.startsWith("    "))).toBe(true);
});

test("what was thrown and is no error is written too", () => {
  const { out, logger } = loggerWith({ terminal: true });
  logger.error("failed", { error: "just\ntext" });
  logger.error("failed", { error: { code: 7 } });
  logger.error("failed", { error: undefined });
  logger.error("failed", { error: null });
  expect(out.take()).toBe(
    "13:39:31.250Z ERROR failed\n    just\n    text\n" +
      '13:39:31.250Z ERROR failed\n    {"code":7}\n13:39:31.250Z ERROR failed\n13:39:31.250Z ERROR failed\n    null\n',
  );
});

const hostile = "\u001b]0;x\u0007\n\u009b2J\u202e\u2028";

test.each([{ format: "json" }, { format: "pretty" }] as const)(
  "no field can command the terminal: $format",
  ({ format }) => {
    const { out, logger } = loggerWith({ format });
    logger.info(hostile, { [hostile]: hostile, list: [hostile], error: hostile });
    const text = out.take();
    const lines = format === "json" ? 1 : 3;
    expect(text.split("\n")).toHaveLength(lines + 1);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
  },
);

test("levels below the chosen one are not written", () => {
  const { out, logger } = loggerWith({ level: "warn", format: "pretty" });
  logger.debug("no");
  logger.info("no");
  logger.warn("yes");
  logger.error("yes");
  expect(out.written).toHaveLength(2);
  const silent = loggerWith({ level: "silent" });
  silent.logger.error("no");
  expect(silent.out.written).toEqual([]);
});
