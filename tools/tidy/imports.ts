import { child, children, dottedName, type SyntaxNode, stringOf, walk } from "./syntax.ts";

/** An import as it is written. */
export interface WrittenImport {
  readonly specifier: string;
  readonly offset: number;
}

/** All imports of a file: static ones, types, re-exports, `import("...")`, and `new URL("...", import.meta.url)`. */
export function importsOf(program: SyntaxNode): WrittenImport[] {
  const found: WrittenImport[] = [];
  walk(program, (node) => {
    const specifier = stringOf(specifierOf(node));
    if (specifier !== undefined) found.push({ specifier, offset: node.start });
  });
  return found;
}

function specifierOf(node: SyntaxNode): SyntaxNode | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return child(node, "source") ?? child(node, "argument");
    case "NewExpression":
      return dottedName(child(node, "callee")) === "URL" ? ownFile(children(node, "arguments")) : undefined;
    default:
      return undefined;
  }
}

/** The first argument of `new URL("./worker.ts", import.meta.url)`. */
function ownFile(given: readonly SyntaxNode[]): SyntaxNode | undefined {
  const [path, base] = given;
  const isOwn = base?.type === "MemberExpression" && child(base, "object")?.type === "MetaProperty";
  return isOwn ? path : undefined;
}
