import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("where its package is not installed, what to install is said, and the rest of millrace/command works", () => {
  const code = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(specifier, context, next) {
        return next(specifier.startsWith("@platformatic/") ? "no-such-package" : specifier, context);
      },
    });
    const { kafkaAddress, kafkaConnector } = await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
    console.log(kafkaAddress("kafka://a:1/frames").topic);
    await kafkaConnector().catch((error) => console.log(error.message));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  expect(stdout, stderr).toContain("frames\nML1002: kafka:// needs the package @platformatic/kafka");
  expect(stdout).toContain("npm install @platformatic/kafka");
});
