import type { Socket } from "node:net";
import { CutBatch, type Origin } from "../../codecs/cut-batch.ts";
import { RecordCutter } from "../../codecs/record-cutter.ts";
import { limits } from "../../core/limits.ts";
import type { Partition } from "../../core/records.ts";
import { LineFraming } from "./line-framing.ts";

/** What Node reads of a socket at a time, at most. */
export const chunkBytesMax = 64 * 1024;

/** What a chunk costs besides its bytes: so a peer that sends single bytes holds no more memory than another. */
const chunkOverheadBytes = 256;

/** How the connections of one source are read. */
export interface LineSettings {
  readonly lineBytesMax: number;
  readonly readBytes: number;
  readonly keepLineEnds: boolean;
  readonly halfLine: "record" | "refuse";
}

/** How a connection came to its end. */
export type ConnectionEnd = "ended" | "reset";

/** One connected event source: takes what its socket has while there is room, and cuts it into records when asked. */
export class LineConnection {
  readonly partition: Partition;
  readonly peer: string;
  /** Bytes received so far. */
  bytes = 0;
  readonly #socket: Socket;
  /** Positions tell people how far it was; nobody can read from them again. */
  readonly #origin: Origin;
  readonly #settings: LineSettings;
  readonly #framing: LineFraming;
  readonly #cutter: RecordCutter;
  readonly #chunks: Buffer[] = [];
  #heldBytes = 0;
  #end: ConnectionEnd | undefined;
  #finished = false;

  /** `changed` is called when there is more to cut, or the connection is over. */
  constructor(socket: Socket, peer: string, partition: Partition, settings: LineSettings, changed: () => void) {
    this.#socket = socket;
    this.peer = peer;
    this.#origin = { name: peer, position: (offset) => ({ peer, offset }) };
    this.partition = partition;
    this.#settings = settings;
    this.#framing = new LineFraming(settings.keepLineEnds);
    this.#cutter = new RecordCutter(this.#framing, {
      recordBytesMax: settings.lineBytesMax,
      batchRecordsMax: limits.batchRecordsMax,
    });
    socket.on("data", (chunk: Buffer) => {
      this.#take(chunk);
      changed();
    });
    socket.on("end", () => this.#over("ended", changed));
    socket.on("close", () => this.#over("reset", changed));
  }

  /** Whether records, or the connection's end, are at hand. */
  get pending(): boolean {
    return this.#chunks.length > 0 || this.#cutter.pending || (this.#end !== undefined && !this.#finished);
  }

  /** Whether it is over and all of it was cut. */
  get done(): boolean {
    return this.#finished && !this.#cutter.pending;
  }

  /** How it ended; undefined while it is open. */
  get end(): ConnectionEnd | undefined {
    return this.#end;
  }

  /** The next records; undefined when there are none for now. */
  next(): CutBatch | undefined {
    for (;;) {
      const cut = this.#cutter.next();
      if (cut !== undefined) return new CutBatch(this.partition, cut, this.#framing.headBytes, this.#origin);
      if (!this.#feed()) return undefined;
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #feed(): boolean {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#heldBytes -= chunk.length + chunkOverheadBytes;
      if (this.#socket.isPaused() && this.#hasRoom) this.#socket.resume();
      this.#cutter.feed(chunk, 0, chunk.length);
      return true;
    }
    if (this.#end === undefined || this.#finished) return false;
    this.#finished = true;
    this.#framing.cutOff = this.#halfLineReason(this.#end);
    this.#cutter.finish();
    return true;
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length + chunkOverheadBytes;
    if (!this.#hasRoom) this.#socket.pause();
  }

  /** The chunk at the cutter, those held here, and the one that Node may read after the pause: within `readBytes` in all. */
  get #hasRoom(): boolean {
    return this.#heldBytes < this.#settings.readBytes - 3 * chunkBytesMax;
  }

  #over(end: ConnectionEnd, changed: () => void): void {
    this.#end ??= end;
    changed();
  }

  /** After a reset nobody knows what the line would have been; a closed connection may just lack the last line end. */
  #halfLineReason(end: ConnectionEnd): string | undefined {
    if (end === "reset") return "line cut off by a reset";
    return this.#settings.halfLine === "refuse" ? "line cut off" : undefined;
  }
}
