import { NOT_JSON, type Token, WRONG_TYPE } from "./token.ts";

/** What `read` may return instead of a value. */
export type Refused = typeof WRONG_TYPE | typeof NOT_JSON;

/** The type of a picked field. Made here only: `json.int`, `json.string`, ... */
export class Field<T> {
  /** Takes the value from its bytes. */
  readonly read: (token: Token) => T | Refused;
  /** Whether a record without it is fine. */
  readonly isOptional: boolean;

  constructor(read: (token: Token) => T | Refused, isOptional = false) {
    this.read = read;
    this.isOptional = isOptional;
  }

  /** The same, but `undefined` where a record has no such field. `null` stays a wrong type. */
  optional(): Field<T | undefined> {
    return new Field<T | undefined>(this.read, true);
  }
}

/** A number field, which may also be asked to take text. */
export class NumberField extends Field<number> {
  /** Takes a string too, if it holds such a number as JSON writes it and nothing else: `"1468244340"`. */
  readonly orText: Field<number>;

  constructor(accepts: (value: number) => boolean) {
    super((token) => (token.isNumber ? checked(token.number(), accepts) : WRONG_TYPE));
    this.orText = new Field<number>((token) => {
      if (token.isNumber) return checked(token.number(), accepts);
      if (!token.isText) return WRONG_TYPE;
      const value = token.textNumber();
      if (value === NOT_JSON) return NOT_JSON;
      return value === undefined ? WRONG_TYPE : checked(value, accepts);
    });
  }
}

function checked(value: number, accepts: (value: number) => boolean): number | typeof WRONG_TYPE {
  return accepts(value) ? value : WRONG_TYPE;
}

/** A whole number that a double holds exactly (`Number.isSafeInteger`), however it is written: `1`, `1.0`, `1e3`. */
export const int = new NumberField(Number.isSafeInteger);

/** Any number. One too large for a double, such as `1e999`, is refused rather than infinite. */
export const number = new NumberField(Number.isFinite);

/** A string. */
export const string = new Field<string>((token) => (token.isText ? token.text() : WRONG_TYPE));

/**
 * An id: a string, or a number as text. A whole number keeps all its digits, so that ids beyond 2^53 stay apart;
 * others are written as JavaScript writes them (`1.50` is `"1.5"`), and `1e999` is refused.
 */
export const id = new Field<string>((token) => {
  if (token.isText) return token.text();
  if (!token.isNumber) return WRONG_TYPE;
  return Number.isFinite(token.number()) ? token.numberText() : WRONG_TYPE;
});

/** `true` or `false`. */
export const boolean = new Field<boolean>((token) => token.boolean ?? WRONG_TYPE);
