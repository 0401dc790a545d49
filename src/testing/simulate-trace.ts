const linesKept = 40;

/** What happened in a simulated run: a hash over all of it, and its last lines in words. */
export class Trace {
  #hash = 0x811c9dc5;
  readonly #lines: string[] = [];
  readonly #onLine: ((line: string) => void) | undefined;

  /** `onLine` gets each line as it comes. */
  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Hash: FNV-1a over UTF-16 units, 32 bits. */
  add(ms: number, what: string): void {
    const line = `${ms} ${what}`;
    for (let i = 0; i < line.length; i++) this.#hash = Math.imul(this.#hash ^ line.charCodeAt(i), 0x01000193);
    if (this.#lines.length === linesKept) this.#lines.shift();
    this.#lines.push(line);
    this.#onLine?.(line);
  }

  /** Two runs with the same hash did the same, at the same times; but for one pair in four thousand million. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  get tail(): readonly string[] {
    return this.#lines;
  }
}
