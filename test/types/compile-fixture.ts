import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

function compiler(): string {
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  return join(dirname(manifest), "bin", "tsc");
}

/** Runs the compiler over programs, by file name; gives the text of what it says of each, `""` for those that are right. */
export function compile(programs: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-types-"));
  try {
    const compilerOptions = {
      typeRoots: [join(root, "node_modules", "@types")],
      paths: { millrace: [join(root, "src", "index.ts")] },
    };
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, `${name}.ts`), text);
    const args = [compiler(), "--noEmit", "--pretty", "false", "-p", folder];
    const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: folder });
    return sorted(stdout, Object.keys(programs));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The compiler's lines by program: each error begins with its file, and goes on in lines that are set in. */
function sorted(output: string, names: readonly string[]): Record<string, string> {
  const said: Record<string, string> = Object.fromEntries(names.map((name) => [name, ""]));
  let current = "";
  for (const line of output.split("\n").filter((one) => one !== "")) {
    const start = /^([^( ]+)\.ts\(\d+,\d+\): error \w+: (.*)$/.exec(line);
    if (start !== null) current = start[1]!;
    if (!(current in said)) throw new Error(`the compiler says of none of the programs: ${line}`);
    said[current] += `${start?.[2] ?? line}\n`;
  }
  return said;
}
