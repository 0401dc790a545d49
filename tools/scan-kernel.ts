/**
 * Compiles the scan kernel of `json.pick` from AssemblyScript to WebAssembly, and writes the module down as text, in a source
 * file that is kept: neither a build nor an install needs the compiler.
 *
 *   node tools/scan-kernel.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { root } from "./node.mjs";

const source = join(root, "src/codecs/json/scan-kernel.as");
const target = join(root, "src/codecs/json/scan-kernel-module.ts");

/** The text of the file that holds the module. Throws with the compiler's words when the source does not compile. */
export async function scanKernelModule(): Promise<string> {
  const features = ["--enable", "simd", "--enable", "threads"];
  const memory = ["--importMemory", "--sharedMemory", "--maximumMemory", "65536"];
  const flags = ["-O3", "--noAssert", "--runtime", "stub", ...features, ...memory];
  const texts: Record<string, string> = { "kernel.ts": readFileSync(source, "utf8") };
  let module: Uint8Array | undefined;
  const { error, stderr } = await asc.main(["kernel.ts", ...flags, "--outFile", "kernel.wasm"], {
    readFile: (name) => texts[name] ?? null,
    writeFile: (_, contents) => {
      module = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error !== null || module === undefined) throw new Error(`the kernel does not compile\n${stderr.toString()}`);
  const lines = Buffer.from(module)
    .toString("base64")
    .match(/.{1,110}/g)!;
  const text = lines.map((line) => `  "${line}"`).join(" +\n");
  return `/** The WebAssembly module made of scan-kernel.as by tools/scan-kernel.ts, in base64. */\nexport const scanKernelModule =\n${text};\n`;
}

if (import.meta.main) writeFileSync(target, await scanKernelModule());
