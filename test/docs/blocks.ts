/** A fenced block of a page: its language, the words after it, and its content. */
export interface Block {
  readonly language: string;
  readonly words: string;
  readonly text: string;
  readonly line: number;
}

const fence = /^```(\w*)[ \t]*([^\n]*)\n([\s\S]*?)^```$/gm;

/** The fenced blocks of a page of Markdown, in order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(fence)].map((match) => ({
    language: match[1]!,
    words: match[2]!,
    text: match[3]!,
    line: page.slice(0, match.index).split("\n").length,
  }));
}
