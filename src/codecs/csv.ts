import { type Codec, Malformed } from "../core/codec.ts";
import { MillraceError } from "../core/errors.ts";
import { asBuffer } from "./as-buffer.ts";
import { booleanColumn, type CsvColumn, intColumn, numberColumn, optionalColumn, textColumn } from "./csv-columns.ts";
import { CsvField } from "./csv-field.ts";
import { separatorByte } from "./csv-framing.ts";

/** The record that columns describe. */
export type CsvRow<Columns> = {
  [Name in keyof Columns]: Columns[Name] extends CsvColumn<infer T> ? T : never;
};

/** What {@link csv} takes. */
export interface CsvOptions<Columns> {
  /** The columns by name, in the order of the file. All of them. */
  readonly columns: Columns;
  /** One ASCII character. Default `","`. */
  readonly separator?: string;
}

interface Column {
  readonly name: string;
  readonly type: CsvColumn<unknown>;
  readonly malformed: Malformed;
}

/**
 * One CSV record a row, as RFC 4180 has it: `csv({ columns: { user: csv.int, title: csv.text } })`. Fields are taken
 * byte for byte, spaces included; quoted fields may hold separators, doubled quotes and, when the source's framing is
 * `csvFraming()`, line breaks. Refuses (with a reason from a bounded set) too few or too many fields, a field that is not
 * of its column's kind, and misplaced quotes. Has no notion of a header: see `withHeader`, which also stays right when a
 * run begins in the middle of a file.
 */
export function csv<const Columns extends Readonly<Record<string, CsvColumn<unknown>>>>(
  options: CsvOptions<Columns>,
): Codec<CsvRow<Columns>> {
  return new CsvCodec(options.columns, options.separator ?? ",") as Codec<unknown> as Codec<CsvRow<Columns>>;
}

csv.int = intColumn;
csv.number = numberColumn;
csv.text = textColumn;
csv.boolean = booleanColumn;
csv.optional = optionalColumn;
/** Rows of integers: `csv.ints("user", "video")` is `csv({ columns: { user: csv.int, video: csv.int } })`. */
csv.ints = <Name extends string>(...names: Name[]): Codec<Record<Name, number>> => {
  const columns = Object.fromEntries(names.map((name) => [name, intColumn]));
  return new CsvCodec(columns, ",") as Codec<unknown> as Codec<Record<Name, number>>;
};

const tooFew = new Malformed("too few fields");
const tooMany = new Malformed("too many fields");

class CsvCodec implements Codec<Record<string, unknown>> {
  readonly name: string;
  readonly #columns: readonly Column[];
  readonly #separator: string;
  readonly #field: CsvField;

  constructor(columns: Readonly<Record<string, CsvColumn<unknown>>>, separator: string) {
    this.#columns = Object.entries(columns).map(([name, type]) => ({
      name,
      type,
      malformed: new Malformed(`${name} is not ${type.kind}`),
    }));
    this.#separator = separator;
    this.#field = new CsvField(separatorByte(separator));
    this.name = `csv(${Object.keys(columns).join(", ")})`;
    checkNames(Object.keys(columns));
  }

  decode(bytes: Uint8Array, start: number, end: number): Record<string, unknown> | Malformed {
    const row: Record<string, unknown> = {};
    const field = this.#field;
    const buffer = asBuffer(bytes);
    let at = start;
    for (const column of this.#columns) {
      if (at > end) return tooFew;
      const fault = field.read(buffer, at, end);
      if (fault !== undefined) return fault;
      at = field.next;
      if (column.type.optional === true && field.start === field.end && !field.quoted) {
        row[column.name] = undefined;
        continue;
      }
      const value = column.type.decode(field.bytes, field.start, field.end);
      if (value instanceof Malformed) return column.malformed;
      row[column.name] = value;
    }
    return at > end ? row : tooMany;
  }

  encode(row: Record<string, unknown>): string {
    const alone = this.#columns.length === 1;
    let line = "";
    for (const column of this.#columns) {
      const value = row[column.name];
      const optional = column.type.optional === true;
      if (line !== "" || column !== this.#columns[0]) line += this.#separator;
      if (optional && value === undefined) continue;
      const text = column.type.encode(value);
      // Without quotes an empty optional field would come back as undefined, and a lone one would look like a blank line.
      line += this.#mustQuote(text) || (text === "" && (optional || alone)) ? `"${text.replaceAll('"', '""')}"` : text;
    }
    return line;
  }

  #mustQuote(text: string): boolean {
    return text.includes('"') || text.includes("\n") || text.includes("\r") || text.includes(this.#separator);
  }
}

function checkNames(names: readonly string[]): void {
  const bad = names.length === 0 ? "no column is named" : names.includes("__proto__") ? '"__proto__" is no column' : "";
  if (bad !== "")
    throw new MillraceError("ML1002", { message: `csv: ${bad}; give { columns: { name: csv.text, ... } }` });
}
