/** A node of the syntax tree (ESTree with TypeScript's additions). Offsets are into the file's text. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Calls `visit` for a node and all below it, parents first; the parent of the first is undefined. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => void): void {
  const visitBelow = (at: SyntaxNode, parent: SyntaxNode | undefined) => {
    visit(at, parent);
    for (const value of Object.values(at)) {
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) visitBelow(item, at);
      } else if (isNode(value)) visitBelow(value, at);
    }
  };
  visitBelow(node, undefined);
}

/** Whether a value found in a tree is a node of it. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

/** The node under that field, if there is one. */
export function child(node: SyntaxNode, field: string): SyntaxNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes in the list under that field. */
export function children(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier, `undefined` for any other node. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  return node?.type === "Identifier" ? (node.name as string) : undefined;
}

/** `a.b` as `"a.b"`, an identifier as its name; undefined for anything else. */
export function dottedName(node: SyntaxNode | undefined): string | undefined {
  if (node?.type !== "MemberExpression" || node.computed === true) return nameOf(node);
  const object = dottedName(child(node, "object"));
  const property = nameOf(child(node, "property"));
  return object === undefined || property === undefined ? undefined : `${object}.${property}`;
}

/** The text of a string literal, undefined for any other node. */
export function stringOf(node: SyntaxNode | undefined): string | undefined {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}
