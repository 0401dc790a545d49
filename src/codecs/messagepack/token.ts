import { isPlainAscii } from "../json/strings.ts";
import { NOT_JSON, Token } from "../json/token.ts";
import { isString, lengthBytes } from "./formats.ts";

const textIsNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * One picked MessagePack value, as bytes, seen as the fields of `json.pick` see a JSON value: so that `json.int`,
 * `json.id` and the others read both.
 */
export class MessagePackToken extends Token {
  override get isText(): boolean {
    return isString(this.#first);
  }

  override get isNumber(): boolean {
    const first = this.#first;
    return first < 0x80 || first >= 0xe0 || (first >= 0xca && first <= 0xd3);
  }

  override get boolean(): boolean | undefined {
    const first = this.#first;
    return first === 0xc3 ? true : first === 0xc2 ? false : undefined;
  }

  /** The number; 64-bit integers beyond 2^53 rounded. */
  override number(): number {
    const value = this.#number();
    return typeof value === "bigint" ? Number(value) : value;
  }

  override text(): string | typeof NOT_JSON {
    const { block, end } = this;
    const start = this.start + 1 + lengthBytes[this.#first]!;
    if (isPlainAscii(block.view, start, end)) return block.ascii(start, end);
    return block.isUtf8(start, end) ? block.utf8(start, end) : NOT_JSON;
  }

  override textNumber(): number | undefined | typeof NOT_JSON {
    const text = this.text();
    if (text === NOT_JSON) return NOT_JSON;
    return textIsNumber.test(text) ? Number(text) : undefined;
  }

  /** All digits of an integer; a float as JavaScript writes it. */
  override numberText(): string {
    return String(this.#number());
  }

  get #first(): number {
    return this.block.bytes[this.start]!;
  }

  #number(): number | bigint {
    const { view } = this.block;
    const first = this.#first;
    const at = this.start + 1;
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    switch (first) {
      case 0xca:
        return view.getFloat32(at);
      case 0xcb:
        return view.getFloat64(at);
      case 0xcc:
        return view.getUint8(at);
      case 0xcd:
        return view.getUint16(at);
      case 0xce:
        return view.getUint32(at);
      case 0xcf:
        return view.getBigUint64(at);
      case 0xd0:
        return view.getInt8(at);
      case 0xd1:
        return view.getInt16(at);
      case 0xd2:
        return view.getInt32(at);
      default:
        return view.getBigInt64(at);
    }
  }
}
