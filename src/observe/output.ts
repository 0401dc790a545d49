/** Where text for people goes: what of a Node stream is used. `process.stderr` is one; a test gives an object of its own. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal; 80 is assumed when it is not told. */
  readonly columns?: number | undefined;
  /** True while the other side takes no more: what may be left out then is. */
  readonly writableNeedDrain?: boolean | undefined;
}
