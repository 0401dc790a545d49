import type { Batch, Slice } from "../core/records.ts";
import type { Source } from "../core/source.ts";
import type { ListItem } from "./happening.ts";
import { ListReader, type ListRun, type ListSourceOptions, runBase } from "./list-reader.ts";

/**
 * Gives texts, or bytes, as a byte source does, each followed by a newline: what a `decode` step reads. It takes what
 * {@link listSource} takes besides. The memory of a batch is overwritten at the next read, so that a step which keeps
 * what it may only look at is found out.
 */
export function textSource(
  lines: readonly ListItem<string | Uint8Array>[],
  options: ListSourceOptions = {},
): Source<Slice> {
  const happened = new Set<number>();
  return {
    traits: { name: `text of ${lines.length} lines`, replayable: true, live: options.live ?? true },
    open: async (context) => new ByteReader(lines, options, context, happened),
  };
}

const newline = 10;
/** What stands in memory that is used again: no text has it, and no byte of UTF-8. */
const overwritten = 0xff;

class ByteReader extends ListReader<string | Uint8Array, Slice> {
  #buffer = new Uint8Array(0);

  override read(): Promise<Batch<Slice> | "end"> {
    this.#buffer.fill(overwritten);
    return super.read();
  }

  protected override batch(run: ListRun<string | Uint8Array>): Batch<Slice> {
    const lines = run.values.map((line) => (typeof line === "string" ? Buffer.from(line) : line));
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    const buffer = new Uint8Array(bytes);
    const bounds = new Int32Array(2 * lines.length);
    let at = 0;
    for (const [index, line] of lines.entries()) {
      buffer.set(line, at);
      bounds[2 * index] = at;
      bounds[2 * index + 1] = at + line.length;
      at += line.length;
      buffer[at++] = newline;
    }
    this.#buffer = buffer;
    return { ...runBase(run), bytes, buffer, bounds };
  }
}
