import type { TextOutput } from "./output.ts";

const erase = "\r\u001b[2K";

/**
 * A line at the bottom of a terminal that is redrawn in place. What else goes to the same terminal, such as logs, is
 * written through it and comes above the line. Give it only a terminal: it writes control sequences.
 */
export class StatusLine implements TextOutput {
  readonly #out: TextOutput;
  #shown = "";

  constructor(out: TextOutput) {
    this.#out = out;
  }

  get isTTY(): boolean | undefined {
    return this.#out.isTTY;
  }

  get columns(): number | undefined {
    return this.#out.columns;
  }

  /** Shows a line without control characters, cut to the terminal's width. Left out while the terminal takes no more. */
  draw(text: string): void {
    const cut = text.slice(0, Math.max(0, (this.#out.columns || 80) - 1));
    if (cut === this.#shown || this.#out.writableNeedDrain === true) return;
    this.#shown = cut;
    this.#out.write(erase + cut);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown !== "") this.#out.write(erase);
    this.#shown = "";
  }

  /** Writes text above the line. Text that does not end its last line gets an end. */
  write(text: string): void {
    if (this.#shown === "") this.#out.write(text);
    else this.#out.write(`${erase}${text}${text.endsWith("\n") ? "" : "\n"}${this.#shown}`);
  }
}
