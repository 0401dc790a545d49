import type { Finding, Import, SourceFile, Tree } from "./tree.ts";

/** The floors of the house, lowest first. What stands on one floor does not see its neighbours. */
const floors: readonly (readonly string[])[] = [
  ["core"],
  ["plan"],
  ["time", "state", "codecs", "observe"],
  ["operators"],
  ["connectors"],
  ["runtime"],
  ["stream", "distributed"],
  ["testing", "command"],
];

/** The floor of the folders that make a program of the library: above everything in `src`. */
const programFloors: Readonly<Record<string, number>> = {
  systems: floors.length + 1,
  console: floors.length + 2,
  cli: floors.length + 3,
};

/** Where a file lives: its floor, and the room on it that it may import from freely. */
interface Place {
  readonly floor: number;
  readonly room: string;
}

/**
 * Folders import only from the floors below: `core < plan < time, state, codecs, observe < operators < connectors <
 * runtime < stream, distributed < testing, command < systems < console < cli`, never sideways, `import type` included. `systems` take the public
 * entries only; `core` takes no package at all; what users install imports no development dependency.
 */
export function layers(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const file of tree.files) {
    const place = placeOf(file.path);
    if (place === undefined || file.isTest) continue;
    for (const taken of file.imports) {
      const message = wrongImport(tree, file, place, taken);
      if (message !== undefined) findings.push({ file: file.path, line: taken.line, rule: "layers", message });
    }
  }
  return findings;
}

function placeOf(path: string): Place | undefined {
  const [top = "", folder = "", below = ""] = path.split("/");
  if (top === "src") return placeInSource(folder, below);
  const floor = programFloors[top];
  if (floor === undefined) return undefined;
  return { floor, room: top === "systems" && below !== "" ? `systems/${folder}` : top };
}

function placeInSource(folder: string, below: string): Place {
  if (folder.endsWith(".ts")) return { floor: floors.length, room: "src" };
  const floor = floors.findIndex((names) => names.includes(folder));
  const nested = folder === "connectors" && !below.endsWith(".ts");
  return { floor, room: nested ? `connectors/${below}` : folder };
}

function wrongImport(tree: Tree, file: SourceFile, place: Place, taken: Import): string | undefined {
  if (taken.file === undefined) return wrongPackage(tree, file, taken.specifier);
  const target = placeOf(taken.file);
  if (target === undefined) return `${taken.file} is no part of the library`;
  if (place.room.startsWith("systems") && taken.specifier.startsWith(".") && !target.room.startsWith("systems")) {
    return `a system imports the public entries ("millrace", "millrace/..."), not ${taken.specifier}`;
  }
  if (target.room === place.room) return undefined;
  if (place.floor === -1 || target.floor === -1) return `${place.floor === -1 ? place.room : target.room} has no floor`;
  if (target.floor < place.floor) return undefined;
  return target.floor === place.floor
    ? `${place.room} may not import from its neighbour ${target.room}`
    : `${place.room} may not import from ${target.room}, which stands above it`;
}

function wrongPackage(tree: Tree, file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return isSource(specifier) ? `there is no file ${specifier}` : undefined;
  if (specifier.startsWith("node:")) return undefined;
  if (file.path.startsWith("src/core/")) return `core imports no package, and this is ${specifier}`;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const declared = { ...tree.manifest.dependencies, ...tree.manifest.peerDependencies };
  return Object.hasOwn(declared, name) ? undefined : `${name} is neither a dependency nor a peer in package.json`;
}

/** Whether it names a module; other files (pages, styles) are made by the build or found at run time. */
function isSource(specifier: string): boolean {
  return /\.(ts|js|mjs)$/.test(specifier) || !/\.\w+$/.test(specifier);
}
