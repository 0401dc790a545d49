import { expect, test } from "vitest";
import { ManualClock, settled } from "../testing/index.ts";
import { Gate } from "./gate.ts";

/** Ones that wait at a gate, and the order in which they came through. */
function queueAt(gate: Gate) {
  const through: string[] = [];
  const wait = (name: string, then?: () => void) =>
    void gate.opened().then(() => {
      through.push(name);
      then?.();
      gate.next();
    });
  return { through, wait };
}

test("it is open until somebody holds it, and again when all have let go", () => {
  const gate = new Gate(new ManualClock());
  expect(gate.closed).toBe(false);
  gate.hold();
  gate.hold();
  gate.release();
  expect(gate.closed).toBe(true);
  gate.release();
  expect(gate.closed).toBe(false);
});

test("those who wait come through in their order, as long as it stays open", async () => {
  const gate = new Gate(new ManualClock());
  const { through, wait } = queueAt(gate);
  gate.hold();
  wait("a");
  wait("b", () => gate.hold());
  wait("c");
  await settled();
  expect(through).toEqual([]);
  gate.release();
  await settled();
  expect(through, "b closed it behind itself").toEqual(["a", "b"]);
  gate.release();
  await settled();
  expect(through).toEqual(["a", "b", "c"]);
});

test("woken, all may look", async () => {
  const gate = new Gate(new ManualClock());
  const { through, wait } = queueAt(gate);
  gate.hold();
  wait("a");
  wait("b");
  gate.wake();
  await settled();
  expect(through).toEqual(["a", "b"]);
  expect(gate.closed).toBe(true);
});
