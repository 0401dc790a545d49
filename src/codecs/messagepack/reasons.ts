import { Malformed } from "../../core/codec.ts";

/** What all decoders return for bytes that are not one whole MessagePack value of the kind they take. */
export const notMessagePack = new Malformed("not MessagePack");
