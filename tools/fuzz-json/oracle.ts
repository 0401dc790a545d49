/** What a picked field should be, by `JSON.parse`: its type, and whether it may be missing. */
export interface FieldRule {
  readonly name: string;
  readonly type: "int.orText" | "number" | "id" | "string" | "boolean";
  readonly isOptional: boolean;
}

/** The values in the rules' order, or the reason of refusal. */
export type Expected = readonly unknown[] | string;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a record that `JSON.parse` takes as an object; undefined for every other. */
export function objectText(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? text : undefined;
  } catch {
    return undefined;
  }
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** The members of the root object, as texts, doubles included. Right for valid JSON only, which keeps it simple. */
export function rootMembers(text: string): [key: string, value: string][] {
  const members: [string, string][] = [];
  let depth = 0;
  let key: string | undefined;
  let keyStart = 0;
  let valueStart = -1;
  for (const match of text.matchAll(token)) {
    const mark = match[0];
    if (mark === "{" || mark === "[") depth++;
    else if (mark === "}" || mark === "]") depth--;
    const closes = depth === 0 || (depth === 1 && mark === ",");
    if (closes && valueStart !== -1) {
      members.push([JSON.parse(key!) as string, text.slice(valueStart, match.index)]);
      valueStart = -1;
    } else if (depth === 1 && mark === ":" && valueStart === -1) {
      key = text.slice(keyStart, match.index);
      valueStart = match.index + 1;
    }
    if (closes || (depth === 1 && mark === "{")) keyStart = match.index + 1;
  }
  return members;
}

/** What a decoder that takes the `"first"` or `"last"` of double fields should make of a valid object. */
export function expected(text: string, rules: readonly FieldRule[], which: "first" | "last"): Expected {
  const members = rootMembers(text);
  const root = JSON.parse(text) as Record<string, unknown>;
  const values: unknown[] = [];
  for (const rule of rules) {
    const all = members.filter(([key]) => key === rule.name);
    if (all.length > 0 !== Object.hasOwn(root, rule.name)) throw new Error("the oracle contradicts itself");
    const source = all.at(which === "first" ? 0 : -1)?.[1].trim();
    if (source === undefined) {
      if (!rule.isOptional) return `no ${rule.name}`;
      values.push(undefined);
      continue;
    }
    const value = typed(which === "last" ? root[rule.name] : JSON.parse(source), source, rule.type);
    if (value === undefined) return `wrong type of ${rule.name}`;
    values.push(value);
  }
  return values;
}

const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

function typed(value: unknown, source: string, type: FieldRule["type"]): unknown {
  switch (type) {
    case "int.orText": {
      const number = typeof value === "string" && numberText.test(value) ? Number(value) : value;
      return Number.isSafeInteger(number) ? number : undefined;
    }
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "id":
      if (typeof value === "string") return value;
      if (!Number.isFinite(value)) return undefined;
      return /^-?\d+$/.test(source) ? BigInt(source).toString() : String(value);
    default:
      return typeof value === type ? value : undefined;
  }
}
