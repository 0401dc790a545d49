import { blockBytes } from "../../codecs/block-memory.ts";
import type { ByteInput } from "./byte-input.ts";

/** Room before each block for the beginning of a record that lies across two. */
const headRoomBytes = 64 * 1024;

/**
 * Two blocks in turn: while one is worked on, the other is read into. So a file is read about as fast as the slower of
 * disk and pipeline, and memory is two blocks.
 */
export class BlockRing {
  readonly #blocks: readonly [Buffer, Buffer];
  readonly #readAhead: boolean;
  #filling: 0 | 1 = 0;
  #input: ByteInput | undefined;
  #ahead: Promise<number> | undefined;
  #ready = false;

  constructor(readBytes: number, readAhead: boolean) {
    const length = headRoomBytes + readBytes;
    const both = blockBytes(readAhead ? 2 * length : length);
    this.#blocks = [both.subarray(0, length), both.subarray(length)];
    this.#readAhead = readAhead;
  }

  /** Where the bytes of a block begin in its buffer. */
  readonly from = headRoomBytes;

  /** Whether the next block was read already, and is not the end. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Reads from another input. The one before must be at its end, or {@link settled}. */
  use(input: ByteInput): void {
    this.#input = input;
    this.#ahead = undefined;
    this.#ready = false;
  }

  /** The next block, which ends at `end` of its buffer: nothing in it at the input's end. The block before is given back. */
  async next(): Promise<{ readonly buffer: Buffer; readonly end: number }> {
    const count = await (this.#ahead ?? this.#fill());
    this.#ahead = undefined;
    this.#ready = false;
    const buffer = this.#blocks[this.#filling];
    if (this.#readAhead && count > 0) {
      this.#filling = this.#filling === 0 ? 1 : 0;
      this.#startAhead();
    }
    return { buffer, end: headRoomBytes + count };
  }

  /** Resolves when no read is under way, so that the input can be closed. */
  async settled(): Promise<void> {
    await this.#ahead?.catch(() => undefined);
  }

  #fill(): Promise<number> {
    return this.#input!.read(this.#blocks[this.#filling].subarray(headRoomBytes));
  }

  #startAhead(): void {
    const ahead = this.#fill();
    this.#ahead = ahead;
    // A failure is told to whoever asks for the block; until then it is nobody's unhandled rejection.
    ahead.then(
      (count) => {
        if (this.#ahead === ahead) this.#ready = count > 0;
      },
      () => undefined,
    );
  }
}
