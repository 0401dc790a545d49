import { delimited } from "./delimited.ts";
import { framing } from "./framing.ts";
import { protobuf as message } from "./message.ts";

/**
 * Protocol Buffers; needs the package `@bufbuild/protobuf`, which generated code imports too. `protobuf(schema)` is a codec
 * for messages of one type; `protobuf.framing` finds messages with a varint length before them in a file or stream, and
 * `protobuf.delimited(schema)` is the codec for those.
 */
export const protobuf = Object.assign(message, { framing, delimited });
