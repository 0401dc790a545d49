import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { type Codec, Malformed } from "../../core/codec.ts";
import { MillraceError } from "../../core/errors.ts";

/** What decoders return for bytes that are no message of their type. */
export const notProtobuf = new Malformed("not Protocol Buffers");

/**
 * Messages of one type, by `@bufbuild/protobuf` (an optional peer: install it). `schema` is what `protoc-gen-es` generates
 * (`FrameSchema`), or a descriptor from a registry. Without length, as in a Kafka record's value or behind
 * `lengthPrefixed()`; for files of delimited messages see `delimited`.
 *
 * Decoding gives `Malformed("not Protocol Buffers")` for bytes that break off, that nest more than 100 deep, and for
 * text that is not UTF-8 in proto3. Bytes of another message type may well be taken, with fields missing: the format
 * does not tell. Unknown fields are kept and written again. Map keys such as `__proto__` are properties like any other.
 * A message may take about 100 times its bytes in memory (an empty one inside another takes two bytes), so bound the record.
 *
 * Encoding throws at values that the fields cannot hold. Throws `ML1002` when `schema` describes no message.
 */
export function protobuf<Desc extends DescMessage>(schema: Desc): Codec<MessageShape<Desc>> {
  if (schema?.kind !== "message") {
    throw new MillraceError("ML1002", {
      message: "protobuf needs a message's schema, such as a generated FrameSchema",
    });
  }
  return {
    name: `protobuf(${schema.typeName})`,
    decode: (bytes, start, end) => {
      try {
        // A copy, since fields of bytes and unknown fields stay views of it, and `bytes` is overwritten after the call.
        return fromBinary(schema, new Uint8Array(bytes.subarray(start, end)));
      } catch {
        return notProtobuf;
      }
    },
    encode: (message) => toBinary(schema, message),
  };
}
