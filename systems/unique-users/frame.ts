import { type Decoder, type Framing, json, lines, Malformed, MillraceError } from "millrace";

/** How a frame is encoded and what it is asked for. */
export interface FrameFormatOptions {
  readonly format: "json" | "messagepack";
  /** Take only what `JSON.parse` takes. */
  readonly strict: boolean;
  readonly "ts-field": string;
  readonly "uid-field": string;
  readonly "ts-unit": "s" | "ms";
}

/** A frame as it is decoded: its fields, under the names they have in the input. */
export type Frame = Readonly<Record<string, number | string>>;

/** How frames are told apart and read. */
export interface FrameFormat {
  readonly framing: Framing;
  readonly decoder: Decoder<Frame>;
  /** A frame's time in milliseconds since the epoch. */
  readonly timeOf: (frame: Frame) => number;
  readonly userOf: (frame: Frame) => string;
}

/** Later than any calendar this side of year 9999 goes, in seconds. */
const secondsMax = 253_402_300_799;

/** The format of frames that the options name. Rejects with `ML1002` when both fields are the same one. */
export async function frameFormat(options: FrameFormatOptions): Promise<FrameFormat> {
  const { "ts-field": ts, "uid-field": uid } = options;
  if (ts === uid)
    throw new MillraceError("ML1002", { message: `--uid-field: "${uid}" is the field of the time already` });
  const { framing, decoder } = await encodingOf(options, ts, uid);
  const scale = options["ts-unit"] === "s" ? 1_000 : 1;
  return {
    framing,
    decoder: inRange(decoder, ts, (secondsMax * 1_000) / scale),
    timeOf: (frame) => (frame[ts] as number) * scale,
    userOf: (frame) => frame[uid] as string,
  };
}

async function encodingOf(options: FrameFormatOptions, ts: string, uid: string) {
  const fields = { [ts]: json.number.orText, [uid]: json.id };
  if (options.format === "messagepack") {
    const { messagepack } = await import("millrace/messagepack");
    return { framing: messagepack.framing, decoder: messagepack.pick(fields) as Decoder<Frame> };
  }
  const decoder = json.pick(fields, { mode: options.strict ? "strict" : "onDemand" }) as Decoder<Frame>;
  return { framing: lines as Framing, decoder };
}

/** The same decoder, which also refuses times before 1970 and after year 9999. */
function inRange(decoder: Decoder<Frame>, ts: string, max: number): Decoder<Frame> {
  const absurd = new Malformed(`absurd ${ts}`);
  return {
    name: decoder.name,
    ...(decoder.begin === undefined
      ? {}
      : { begin: (bytes: Uint8Array, bounds: Int32Array, size: number) => decoder.begin!(bytes, bounds, size) }),
    decode: (bytes, start, end) => {
      const frame = decoder.decode(bytes, start, end);
      if (frame instanceof Malformed) return frame;
      const time = frame[ts] as number;
      return time >= 0 && time <= max ? frame : absurd;
    },
  };
}
