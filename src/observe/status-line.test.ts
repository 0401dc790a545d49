import { expect, test } from "vitest";
import { keptOutput } from "./status-fixture.ts";
import { StatusLine } from "./status-line.ts";

const erase = "\r\u001b[2K";

test("the line is redrawn in place, and only when it changes", () => {
  const out = keptOutput({ isTTY: true, columns: 80 });
  const line = new StatusLine(out);
  line.draw("1 record");
  line.draw("1 record");
  line.draw("2 records");
  expect(out.take()).toBe(`${erase}1 record${erase}2 records`);
});

test("what else is written comes above it", () => {
  const out = keptOutput({ isTTY: true, columns: 80 });
  const line = new StatusLine(out);
  line.write("before\n");
  line.draw("50 %");
  line.write("a warning\n");
  line.write("no end");
  line.clear();
  line.write("after");
  line.clear();
  expect(out.take()).toBe(`before\n${erase}50 %${erase}a warning\n50 %${erase}no end\n50 %${erase}after`);
});

test("it is cut to the terminal's width, as that is when it is drawn", () => {
  const out = keptOutput({ isTTY: true, columns: 6 });
  const line = new StatusLine(out);
  line.draw("123456789");
  expect(out.take()).toBe(`${erase}12345`);
  out.columns = 4;
  line.draw("123456789");
  expect(out.take()).toBe(`${erase}123`);
  expect(line.columns).toBe(4);
});

test("a terminal that takes no more is not given more", () => {
  const out = keptOutput({ isTTY: true });
  const line = new StatusLine(out);
  out.writableNeedDrain = true;
  line.draw("1");
  expect(out.take()).toBe("");
  out.writableNeedDrain = false;
  line.draw("1");
  expect(out.take()).toBe(`${erase}1`);
});
