import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "./node.mjs";
import { tightened } from "./tidy/lengths.ts";
import { findingText, tidy } from "./tidy/rules.ts";
import { readTree, type Tree } from "./tidy/tree.ts";

const manifest = {
  name: "millrace",
  exports: { ".": { "millrace-source": "./src/index.ts" } },
  scripts: { bench: "node tools/run.mjs bench/main.ts" },
  dependencies: { pino: "1.0.0" },
  devDependencies: { vitest: "1.0.0" },
};

/** A tree of the files given by path, beside a package.json; it is gone after the test. */
function planted(files: Record<string, string>): Tree {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tidy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ "package.json": JSON.stringify(manifest), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return readTree(folder);
}

/** What the rule finds in these files, one line each. */
function found(rule: string, files: Record<string, string>): string[] {
  return tidy(planted(files))
    .filter((finding) => finding.rule === rule)
    .map(findingText);
}

const lines = (count: number) => "// a line\n".repeat(count);

test("this project's own tree is tidy", () => {
  const tree = readTree(root);
  expect(tree.files.length).toBeGreaterThan(20);
  expect(tidy(tree).map(findingText)).toEqual([]);
});

test("a folder imports from the floors below only", () => {
  const findings = found("layers", {
    "src/core/clock.ts": 'import type { Plan } from "../plan/plan.ts";\n',
    "src/plan/plan.ts": 'import "../core/clock.ts";\n',
    "src/time/watermark.ts": '\nimport "../state/store.ts";\n',
    "src/state/store.ts": "",
    "src/connectors/file/index.ts": 'import "../tcp/index.ts";\nimport "../../operators/map.ts";\n',
    "src/connectors/tcp/index.ts": "",
    "src/operators/map.ts": 'export type R = import("../runtime/run.ts").R;\n',
    "src/runtime/run.ts": 'import "../connectors/tcp/index.ts";\n',
    "src/odd/odd.ts": 'import "../core/clock.ts";\n',
  });
  expect(findings).toEqual([
    "src/connectors/file/index.ts:1: layers: connectors/file may not import from its neighbour connectors/tcp",
    "src/core/clock.ts:1: layers: core may not import from plan, which stands above it",
    "src/odd/odd.ts:1: layers: odd has no floor",
    "src/operators/map.ts:1: layers: operators may not import from runtime, which stands above it",
    "src/time/watermark.ts:2: layers: time may not import from its neighbour state",
  ]);
});

test("a system takes the public entries, a program what stands below it, a test anything", () => {
  const findings = found("layers", {
    "src/index.ts": 'export * from "./core/clock.ts";\n',
    "src/core/clock.ts": "",
    "systems/maze/pipeline.ts": 'import "millrace";\nimport "./route.ts";\nimport "../../src/core/clock.ts";\n',
    "systems/maze/route.ts": 'import "../other/main.ts";\n',
    "systems/maze/route.test.ts": 'import "../other/main.ts";\nimport "vitest";\n',
    "systems/other/main.ts": "",
    "cli/main.ts": 'import "../systems/maze/pipeline.ts";\nimport "../src/core/clock.ts";\n',
    "console/server.ts": 'import "../cli/main.ts";\n',
  });
  expect(findings).toEqual([
    "console/server.ts:1: layers: console may not import from cli, which stands above it",
    'systems/maze/pipeline.ts:3: layers: a system imports the public entries ("millrace", "millrace/..."), not ../../src/core/clock.ts',
    "systems/maze/route.ts:1: layers: systems/maze may not import from its neighbour systems/other",
  ]);
});

test("what users install imports only what it declares, and core nothing", () => {
  const findings = found("layers", {
    "src/core/clock.ts": 'import "pino";\nimport "node:fs";\n',
    "src/observe/log.ts": 'import "pino/file";\nimport "vitest";\nimport "./gone.ts";\n',
    "tools/build.ts": 'import "vitest";\n',
  });
  expect(findings).toEqual([
    "src/core/clock.ts:1: layers: core imports no package, and this is pino",
    "src/observe/log.ts:2: layers: vitest is neither a dependency nor a peer in package.json",
    "src/observe/log.ts:3: layers: there is no file ./gone.ts",
  ]);
});

test("files do not import themselves by way of others, types included", () => {
  const findings = found("cycles", {
    "src/core/a.ts": 'import type { B } from "./b.ts";\n',
    "src/core/b.ts": 'export * from "./c.ts";\n',
    "src/core/c.ts": 'const a = import("./a.ts");\n',
    "src/core/d.ts": 'import "./a.ts";\nimport "./b.ts";\n',
  });
  expect(findings).toEqual(["src/core/a.ts:1: cycles: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts"]);
});

test("files and functions have a greatest length, tests a more generous one", () => {
  const body = (count: number) => `{\n${lines(count - 2)}}\n`;
  const findings = found("length", {
    "src/core/fits.ts": lines(300),
    "src/core/long.ts": lines(301),
    "src/core/long.test.ts": `test(() => ${body(400)});\n`,
    "src/core/longer.test.ts": lines(501),
    "src/core/f.ts": `class C {\n  m() ${body(61)}}\nfunction f() ${body(60)}const g = () => ${body(70)}`,
  });
  expect(findings).toEqual([
    "src/core/f.ts:2: length: src/core/f.ts#m has 61 lines, more than 60: split it",
    "src/core/f.ts:124: length: src/core/f.ts#g has 70 lines, more than 60: split it",
    "src/core/long.ts:1: length: src/core/long.ts has 301 lines, more than 300: split it",
    "src/core/longer.test.ts:1: length: src/core/longer.test.ts has 501 lines, more than 500: split it",
  ]);
});

test("what the ratchet lists may shrink, and never grow", () => {
  const files = {
    "src/core/same.ts": lines(310),
    "src/core/grown.ts": lines(321),
    "src/core/shrunk.ts": lines(330),
    "src/core/fine.ts": lines(10),
  };
  const ratchet = {
    "src/core/same.ts": 310,
    "src/core/grown.ts": 320,
    "src/core/shrunk.ts": 340,
    "src/core/fine.ts": 350,
    "src/core/gone.ts": 400,
  };
  expect(found("length", { ...files, "tools/tidy-ratchet.json": JSON.stringify(ratchet) })).toEqual([
    "src/core/fine.ts:1: length: src/core/fine.ts is long no more: run `npm run tidy -- --tighten`",
    "src/core/gone.ts:1: length: src/core/gone.ts is long no more: run `npm run tidy -- --tighten`",
    "src/core/grown.ts:1: length: src/core/grown.ts has 321 lines, more than 320: split it",
    "src/core/shrunk.ts:1: length: src/core/shrunk.ts has shrunk to 330 lines: run `npm run tidy -- --tighten`",
  ]);
  expect(tightened(planted(files), ratchet)).toEqual({
    "src/core/same.ts": 310,
    "src/core/grown.ts": 320,
    "src/core/shrunk.ts": 330,
  });
});

test("time and chance are asked of what a step is given", () => {
  const code = [
    "const now = Date.now;",
    "performance.now();",
    "Math.random();",
    "setTimeout(() => {}, 1);",
    "new Date();",
    'import "node:timers/promises";',
    "new Date(0);",
    "clock.setTimeout(1);",
    "// tidy: allowed, so that the event loop turns",
    "setImmediate(turn);",
    "process.hrtime.bigint();",
  ].join("\n");
  const findings = found("banned", { "src/operators/map.ts": code, "src/core/clock.ts": code, "src/x.test.ts": code });
  expect(findings).toEqual([
    "src/operators/map.ts:1: banned: Date.now: ask a Clock",
    "src/operators/map.ts:2: banned: performance.now: ask a Clock",
    "src/operators/map.ts:3: banned: Math.random: ask a Random",
    "src/operators/map.ts:4: banned: setTimeout: use Clock.timer",
    "src/operators/map.ts:5: banned: new Date() reads the machine's time: ask a Clock",
    "src/operators/map.ts:6: banned: node:timers/promises: use a Clock",
    "src/operators/map.ts:11: banned: process.hrtime.bigint: ask a Clock",
    "src/operators/map.ts:11: banned: process.hrtime: ask a Clock",
  ]);
});

test("every export has a doc comment directly above it", () => {
  const code = [
    "/** The first. */",
    "export const first = 1;",
    "export function second() {}",
    "/** Far above. */",
    "",
    "export interface Third {}",
    "// no doc comment",
    "export type Fourth = 1;",
    "const fifth = 5;",
    "/** The sixth. */",
    "class Sixth {}",
    "export { fifth, Sixth };",
    'export { other } from "./other.ts";',
    "/** Both ways. */",
    "export function seventh(a: string): void;",
    "export function seventh(a: number): void;",
    "export function seventh() {}",
    "/** */",
    "export default class {}",
    "/** Three signs. */",
    "export const eighth = 8;",
    "export const ninth = 9;",
    "export const tenth = {",
    "};",
    "export const eleventh = 11;",
  ].join("\n");
  expect(found("docs", { "src/core/a.ts": code, "src/core/a.test.ts": code })).toEqual([
    "src/core/a.ts:3: docs: second is exported without a doc comment",
    "src/core/a.ts:6: docs: Third is exported without a doc comment",
    "src/core/a.ts:8: docs: Fourth is exported without a doc comment",
    "src/core/a.ts:9: docs: fifth is exported without a doc comment",
    "src/core/a.ts:19: docs: the default export is exported without a doc comment",
    "src/core/a.ts:25: docs: eleventh is exported without a doc comment",
  ]);
});

test("nothing lies about that nothing imports", () => {
  const findings = found("orphans", {
    "src/index.ts": 'export * from "./core/used.ts";\n',
    "src/core/used.ts": 'const worker = new URL("./worker.ts", import.meta.url);\n',
    "src/core/worker.ts": "",
    "src/core/tested.ts": "",
    "src/core/tested.test.ts": 'import "./tested.ts";\nimport "../../test/helper.ts";\n',
    "test/helper.ts": "",
    "test/forgotten.ts": "",
    "cli/main.ts": "",
    "bench/main.ts": "",
    "bench/other.ts": "",
  });
  expect(findings).toEqual([
    "bench/other.ts:1: orphans: nothing imports this file",
    "src/core/tested.ts:1: orphans: nothing imports this file",
    "test/forgotten.ts:1: orphans: nothing imports this file",
  ]);
});

test("comments put nothing off and silence nothing", () => {
  const mark = ["TO", "DO"].join("");
  const code = `// ${mark}: later\nconst todo = "${mark}";\n/* @ts-ignore */\n// @ts-expect-error wrong on purpose\n`;
  expect(
    found("words", { "src/core/a.ts": code, "test/types.test.ts": "// @ts-expect-error wrong on purpose\n" }),
  ).toEqual([
    `src/core/a.ts:1: words: ${mark} in a comment: do it, or leave it out`,
    "src/core/a.ts:3: words: @ts-ignore in a comment: do it, or leave it out",
    "src/core/a.ts:4: words: @ts-expect-error outside a test",
  ]);
});

test("a file that does not parse is told, and hides nothing else", () => {
  const findings = tidy(
    planted({ "src/core/a.ts": "const = 1;\n", "src/core/b.ts": "export const b = Date.now();\n" }),
  );
  expect(findings.map((finding) => `${finding.file} ${finding.rule}`)).toEqual([
    "src/core/a.ts syntax",
    "src/core/b.ts banned",
    "src/core/b.ts docs",
    "src/core/b.ts orphans",
  ]);
});
