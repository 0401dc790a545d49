import type { Finding, SourceFile, Tree } from "./tree.ts";

/** No file imports itself by way of others, `import type` included. Each cycle is told once, at its first file. */
export function cycles(tree: Tree): Finding[] {
  const files = new Map(tree.files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const findings: Finding[] = [];
  const path: string[] = [];
  const visit = (file: SourceFile) => {
    if (finished.has(file.path)) return;
    path.push(file.path);
    for (const target of new Set(file.imports.map((taken) => taken.file))) {
      if (target === undefined || finished.has(target)) continue;
      const from = path.indexOf(target);
      if (from !== -1) findings.push(cycle(path.slice(from)));
      else if (files.has(target)) visit(files.get(target)!);
    }
    path.pop();
    finished.add(file.path);
  };
  for (const file of tree.files) visit(file);
  return findings;
}

function cycle(members: readonly string[]): Finding {
  return { file: members[0]!, line: 1, rule: "cycles", message: [...members, members[0]].join(" → ") };
}
