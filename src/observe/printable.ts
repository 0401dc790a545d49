/**
 * What a terminal or a log reader may take for a command instead of text: C0 and C1 control characters, DEL, line and
 * paragraph separators, and the marks that reverse the direction of what follows.
 */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const short: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Text from the data, safe to print: control characters become `\n`, `\u001b` and the like, broken surrogates U+FFFD,
 * and what is longer than `charsMax` is cut and ends in an ellipsis. Safe to apply twice. A backslash stays as it is, so
 * the escapes are for people, not for reading back.
 */
export function printable(text: string, charsMax = 1000): string {
  const cut = text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
  return cut.toWellFormed().replace(unsafe, escaped);
}

/** The same for a serialised JSON line, which stays JSON of the same value: only what JSON itself leaves unescaped is left to do. */
export function printableJson(json: string): string {
  return json.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escaped);
}
