import type { Decoder } from "../core/codec.ts";
import { Malformed } from "../core/codec.ts";
import { MillraceError } from "../core/errors.ts";
import type { OnError, Operator } from "../core/operator.ts";
import type { Slice } from "../core/records.ts";

/** How `decode` treats what it cannot decode. */
export interface DecodeOptions {
  /** What to do with bytes that are no record: `"deadLetter"` (default: counted by reason, kept when there is a dead-letter output), `"skip"` or `"fail"`. */
  readonly onMalformed?: OnError | undefined;
}

/** Bytes become values. */
export function decode<T>(decoder: Decoder<T>, options: DecodeOptions = {}): Operator<Slice, T> {
  const onMalformed = options.onMalformed ?? "deadLetter";
  return {
    kind: "decode",
    details: decoder.name,
    onError: onMalformed,
    open: (context) => ({
      ...(decoder.begin === undefined
        ? {}
        : { block: (bytes: Uint8Array, bounds: Int32Array, size: number) => decoder.begin!(bytes, bounds, size) }),
      record: (slice) => {
        const value = decoder.decode(slice.buffer, slice.start, slice.end);
        if (!(value instanceof Malformed)) context.emit(value);
        else if (onMalformed === "deadLetter") context.deadLetter(value.reason);
        else if (onMalformed === "skip") context.meter.counter("skipped", value.reason).value += 1;
        else throw undecodable(context.id, context.record.describe(), value.reason);
      },
    }),
  };
}

function undecodable(step: string, position: string, reason: string): MillraceError {
  return new MillraceError("ML2002", { message: reason, step, position });
}
