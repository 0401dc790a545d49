import { expect, test } from "vitest";
import { distinct } from "../operators/aggregates/distinct.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memorySink } from "../testing/index.ts";
import { tumbling } from "../time/windows.ts";
import { stagesText } from "./stages-text.ts";

const { plan } = stream("in", listSource<{ ts: number; uid: string }>([]))
  .eventTime("clock", ({ ts }) => ts, { lag: "5s" })
  .window("users", tumbling("1m", "1h"))
  .aggregate({ n: distinct(({ uid }) => uid) })
  .to("out", memorySink());

test("each stage is told with its steps, and what lies between", () => {
  const windows = "tumbling 1m, 1h; late: drop; n: distinct";
  const layout = 'layout 1; tumbling 1m, 1h; "n": distinct 2';
  expect(stagesText(plan, 4)).toBe(`stage "in": 4 tasks, one a partition of list of 0
  in              list of 0
  clock           event time: lag 5s  <- in
                  keeps state, layout event-time/1
  users           window, by parts: ${windows}  <- clock
                  keeps state, ${layout}; by parts
  users:send      send parts: to 4 partitions  <- users
  users:exchange  exchange "users"  <- users:send
                  exactly-once: exchange "users"

stage "users": 4 tasks, one a partition of exchange "users"
  users:exchange  exchange "users"
  users:receive   receive  <- users:exchange
                  keeps state, layout receive/1
  users           window, merged: ${windows}  <- users:receive
                  keeps state, ${layout}; merged
  out             memory  <- users
                  exactly-once: memory
`);
});

test("over one partition it is one stage", () => {
  expect(stagesText(plan, 1)).toContain('stage "in": one task of list of 0\n  in     list of 0\n  clock  event time');
  expect(stagesText(plan, 1)).not.toContain("exchange");
});
