import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import type { Codec } from "../../core/codec.ts";
import { LengthReader } from "./length.ts";
import { notProtobuf, protobuf } from "./message.ts";

/**
 * Messages of one type with their length before them: for records that `protobuf.framing` finds, and, as that writes
 * nothing of its own, for writing such files. Otherwise as `protobuf(schema)`; a length that is not that of the rest is
 * `Malformed("not Protocol Buffers")` too.
 */
export function delimited<Desc extends DescMessage>(schema: Desc): Codec<MessageShape<Desc>> {
  const { name, decode } = protobuf(schema);
  const reader = new LengthReader();
  return {
    name: `${name}, delimited`,
    decode: (bytes, start, end) => {
      reader.reset();
      let at = start;
      while (at < end)
        if (reader.push(bytes[at++]!)) return reader.length === end - at ? decode(bytes, at, end) : notProtobuf;
      return notProtobuf;
    },
    encode: (message) => sizeDelimitedEncode(schema, message),
  };
}
