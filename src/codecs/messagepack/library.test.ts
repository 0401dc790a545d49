import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

/** Runs `code` in a process of its own where `@msgpack/msgpack` cannot be found. */
function withoutPackage(code: string): { readonly status: number | null; readonly stdout: string } {
  const hide = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier.startsWith("@msgpack/")) return next("no-such-package", context);
        return next(specifier, context);
      },
    });
    const { messagepack } = await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", hide + code], { encoding: "utf8" });
}

describe("messagepack where its package is not installed", () => {
  it("says what to install", () => {
    const { stdout } = withoutPackage("try { messagepack() } catch (error) { console.log(error.message) }");
    expect(stdout).toContain("ML1002");
    expect(stdout).toContain("npm install @msgpack/msgpack");
  });

  it("picks fields and finds records all the same", () => {
    const { stdout } = withoutPackage(`
      const uid = messagepack.pick({ uid: messagepack.id });
      console.log(uid.decode(Uint8Array.of(0x81, 0xa3, 0x75, 0x69, 0x64, 0x07), 0, 6).uid, messagepack.framing.name);`);
    expect(stdout).toBe("7 messagepack\n");
  });
});
