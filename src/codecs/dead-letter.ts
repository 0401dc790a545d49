import { isUtf8 } from "node:buffer";
import type { Encoder } from "../core/codec.ts";
import type { DeadLetter } from "../core/dead-letter.ts";
import { asBuffer } from "./as-buffer.ts";

/**
 * A dead letter as a JSON line: `reason`, `detail` if there is one, `step`, `place`, and the record's bytes, as text under
 * `raw` when they are UTF-8 and in base64 under `rawBase64` when they are not, so that each can be had back exactly.
 */
export const deadLetterLines: Encoder<DeadLetter> = {
  name: "dead letters",
  encode: ({ reason, detail, step, place, raw }) => {
    if (raw === undefined) return JSON.stringify({ reason, detail, step, place });
    const bytes = asBuffer(raw);
    const kept = isUtf8(bytes) ? { raw: bytes.toString("utf8") } : { rawBase64: bytes.toString("base64") };
    return JSON.stringify({ reason, detail, step, place, ...kept });
  },
};
