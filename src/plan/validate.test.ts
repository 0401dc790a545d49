import { expect, test } from "vitest";
import type { Operator } from "../core/operator.ts";
import { branch } from "../operators/branch.ts";
import { listSource, memorySink } from "../testing/index.ts";
import type { Input, Step } from "./plan.ts";
import { planOf } from "./validate.ts";

const advice = " Change the pipeline as the message says; `explain()` shows how the engine reads it.";
const source = (id: string): Step => ({ type: "source", id, source: listSource([]), inputs: [] });
const sink = (id: string, ...inputs: Input[]): Step => ({ type: "sink", id, sink: memorySink(), inputs });
const operator = (id: string, rule: Operator<unknown, unknown>, ...inputs: Input[]): Step => ({
  type: "operator",
  id,
  operator: rule,
  inputs,
});
const plain: Operator<unknown, unknown> = { kind: "plain", open: () => ({ record: () => {} }) };
const sided = branch<unknown>({ big: () => true, small: () => true });

const idAdvice =
  "cannot be a step's id: up to 64 letters, digits, dots, dashes and underscores, a letter or digit first";

test.each<[string, Step[], string]>([
  ["nothing", [], "a pipeline needs a source and a sink."],
  [
    "two steps of one id",
    [source("a"), operator("a", plain, { from: "a" })],
    'two steps are called "a": ids name state and metrics, so each step needs its own.',
  ],
  ["an empty id", [source("")], `"" ${idAdvice}.`],
  ["an id with a slash", [source("a/b")], `"a/b" ${idAdvice}.`],
  ["an id that begins with a dot", [source(".a")], `".a" ${idAdvice}.`],
  ["an id with a line break", [source("a\n")], `"a\n" ${idAdvice}.`],
  ["an id that is too long", [source("a".repeat(65))], `"${"a".repeat(65)}" ${idAdvice}.`],
  [
    "an input that is not there",
    [source("a"), sink("out", { from: "b" })],
    'step "out" reads from "b", which comes after it or is not there.',
  ],
  [
    "an input that comes later",
    [source("a"), sink("out", { from: "b" }), operator("b", plain, { from: "a" })],
    'step "out" reads from "b", which comes after it or is not there.',
  ],
  [
    "a step that reads itself",
    [operator("a", plain, { from: "a" })],
    'step "a" reads from "a", which comes after it or is not there.',
  ],
  [
    "a side output of a source",
    [source("a"), sink("out", { from: "a", port: "late" })],
    'step "a" has no side output "late": it has none.',
  ],
  [
    "a side output of a step without",
    [source("a"), operator("b", plain, { from: "a" }), sink("out", { from: "b", port: "late" })],
    'step "b" has no side output "late": it has none.',
  ],
  [
    "a side output that a step does not have",
    [source("a"), operator("b", sided, { from: "a" }), sink("out", { from: "b", port: "late" })],
    'step "b" has no side output "late": it has big, small.',
  ],
])("%s is refused with a sentence", (_, steps, message) => {
  expect(() => planOf(steps)).toThrow(`ML1001: ${message}${advice}`);
});

test("a plan is frozen, and as it was given", () => {
  const steps = [
    source("a"),
    operator("b.1-x_y", sided, { from: "a" }),
    sink("0", { from: "b.1-x_y", port: "big" }),
    sink("a".repeat(64), { from: "b.1-x_y" }, { from: "a" }),
  ];
  const plan = planOf(steps, "0");
  expect(plan).toEqual({ steps, deadLetters: "0" });
  expect([plan, plan.steps, ...plan.steps, ...plan.steps.map((step) => step.inputs)].every(Object.isFrozen)).toBe(true);
});
