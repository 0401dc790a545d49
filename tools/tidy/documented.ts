import { child, children, nameOf, type SyntaxNode } from "./syntax.ts";
import type { Finding, SourceFile, Tree } from "./tree.ts";

/**
 * Every export has a doc comment directly above it; what is exported by name (`export { x }`) where it is declared. One
 * comment may stand above a block of constants of one line each.
 */
export function documented(tree: Tree): Finding[] {
  return tree.files.filter((file) => !file.isTest && file.path.endsWith(".ts")).flatMap(undocumented);
}

function undocumented(file: SourceFile): Finding[] {
  const statements = children(file.program, "body");
  const exported = new Set(statements.flatMap(namesListed));
  const seen = new Set<string>();
  const findings: Finding[] = [];
  let blockLine = -1;
  for (const statement of statements) {
    const declaration = declarationOf(statement, exported);
    if (declaration === undefined) continue;
    const line = file.lineAt(statement.start);
    const inBlock = declaration.type === "VariableDeclaration" && line === blockLine + 1;
    const covered = inBlock || hasDoc(file, statement.start);
    if (covered && file.lineAt(statement.end) === line) blockLine = line;
    const names = declaredNames(declaration);
    const overload =
      /^(FunctionDeclaration|TSDeclareFunction)$/.test(declaration.type) && names.some((name) => seen.has(name));
    for (const name of names) seen.add(name);
    if (overload || covered) continue;
    const message = `${names.join(", ") || "the default export"} is exported without a doc comment`;
    findings.push({ file: file.path, line, rule: "docs", message });
  }
  return findings;
}

/** The declaration that a statement exports, itself or by a list elsewhere in the file. */
function declarationOf(statement: SyntaxNode, exported: ReadonlySet<string>): SyntaxNode | undefined {
  if (/^Export(Named|Default)Declaration$/.test(statement.type)) return child(statement, "declaration");
  return declaredNames(statement).some((name) => exported.has(name)) ? statement : undefined;
}

function namesListed(statement: SyntaxNode): string[] {
  if (statement.type !== "ExportNamedDeclaration" || child(statement, "source") !== undefined) return [];
  return children(statement, "specifiers").flatMap((one) => nameOf(child(one, "local")) ?? []);
}

function declaredNames(declaration: SyntaxNode): string[] {
  if (/Import|Export/.test(declaration.type)) return [];
  const name = nameOf(child(declaration, "id"));
  if (name !== undefined) return [name];
  return children(declaration, "declarations").flatMap((one) => nameOf(child(one, "id")) ?? []);
}

/** Whether a doc comment with words in it ends right before the offset; overloads' bodies come without. */
function hasDoc(file: SourceFile, start: number): boolean {
  return file.comments.some(
    (comment) =>
      comment.type === "Block" &&
      comment.value.startsWith("*") &&
      /\w/.test(comment.value) &&
      comment.end <= start &&
      file.text.slice(comment.end, start).trim() === "" &&
      !/\n\s*\n/.test(file.text.slice(comment.end, start)),
  );
}
