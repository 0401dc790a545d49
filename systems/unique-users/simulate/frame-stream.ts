import { type Random, seededRandom } from "millrace";
import { type BadFrameParts, BadFrames, type BadKind, badFrame, badKinds } from "./bad-frames.ts";
import { fragmentPool } from "./fragments.ts";
import { FrameWriter } from "./frame-writer.ts";
import { hostileSeconds } from "./hostile-times.ts";
import { type FrameSettings, lineBytesMax } from "./options.ts";
import { uidText } from "./uids.ts";

/** The room a buffer needs behind `at` before {@link FrameStream.write}. */
export const frameBytesMax = 1.5 * lineBytesMax;

/** What the frame just written is: good ones tell who and when, for the truth. */
export interface FrameFacts {
  kind: "good" | "delayed" | "future" | "bad";
  /** Of a bad frame. */
  bad: BadKind;
  user: number;
  /** What stands in the frame's `ts`, whole Unix seconds. */
  seconds: number;
}

/**
 * How the clock of the job starts, or moves when more than half of the last 100 frames are far ahead, is not for a
 * generator to test the edges of: among 100 neighbours at most 40 are hostile, and none of the first 100 is delayed.
 */
const neighbours = 100;
const hostileNeighboursMax = 40;

/** Frames one after another, each drawn from the seed's chance alone. */
export class FrameStream {
  readonly facts: FrameFacts = { kind: "good", bad: badKinds[0]!, user: 0, seconds: 0 };
  readonly #settings: FrameSettings;
  readonly #random: Random;
  readonly #writer: FrameWriter;
  readonly #badFrames: BadFrames;
  readonly #scratch: Buffer;
  readonly #hostile = new Uint8Array(neighbours);
  #hostileCount = 0;
  #readable = 0;
  #index = 0;
  #owedBytes = 0;

  constructor(settings: FrameSettings) {
    this.#settings = settings;
    this.#random = seededRandom(settings.seed);
    this.#writer = new FrameWriter(fragmentPool(this.#random, Math.max(32, settings.bytes - 48)), this.#random);
    this.#badFrames = new BadFrames(this.#random);
    this.#scratch = Buffer.allocUnsafe(2 * settings.bytes + 4_096);
  }

  /** Writes the next frame and its newline at `at`, sets {@link facts}, returns where it ends. */
  write(into: Buffer, at: number): number {
    const { facts } = this;
    const { startSeconds, ratePerSecond, users, delayMs } = this.#settings;
    const nominal = startSeconds + this.#index++ / ratePerSecond;
    facts.kind = this.#kind();
    facts.user = this.#random.below(users);
    facts.seconds = Math.floor(facts.kind === "delayed" ? nominal - (this.#random.next() * delayMs) / 1_000 : nominal);
    if (facts.kind === "future") facts.seconds = hostileSeconds(facts.seconds, this.#random);
    const end = facts.kind === "bad" ? this.#bad(into, at) : this.#ordinary(into, at);
    into[end] = 0x0a;
    return end + 1;
  }

  #kind(): FrameFacts["kind"] {
    const { badShare, futureShare, lateShare } = this.#settings;
    const roll = this.#random.next();
    if (roll < badShare) return "bad";
    const hostile = roll < badShare + futureShare && this.#mayBeHostile();
    const slot = this.#readable % neighbours;
    this.#hostileCount += (hostile ? 1 : 0) - this.#hostile[slot]!;
    this.#hostile[slot] = hostile ? 1 : 0;
    this.#readable += 1;
    if (hostile) return "future";
    const delayed = roll >= badShare + futureShare && roll < badShare + futureShare + lateShare;
    return delayed && this.#readable > neighbours ? "delayed" : "good";
  }

  #mayBeHostile(): boolean {
    const among = Math.min(this.#readable + 1, neighbours);
    return (this.#hostileCount + 1) * neighbours <= hostileNeighboursMax * among;
  }

  /** Lengths vary by a quarter; what one frame has too much or too little, the next makes good, so the average holds. */
  #ordinary(into: Buffer, at: number): number {
    const wanted = this.#settings.bytes * (0.75 + this.#random.next() / 2) + this.#owedBytes;
    const end = this.#writer.write(into, at, wanted - 1, this.#tsField(), this.#uidField());
    this.#owedBytes += this.#settings.bytes - (end + 1 - at);
    return end;
  }

  #bad(into: Buffer, at: number): number {
    this.facts.bad = this.#badFrames.next();
    const parts: BadFrameParts = {
      random: this.#random,
      seconds: this.facts.seconds,
      ts: this.#tsField(),
      uid: this.#uidField(),
      frame: (ts, uid) => {
        const length = this.#writer.write(this.#scratch, 0, this.#settings.bytes, ts, uid);
        return Buffer.from(this.#scratch.subarray(0, length));
      },
    };
    return at + badFrame(this.facts.bad, parts).copy(into, at);
  }

  #tsField(): string {
    const roll = this.#random.below(100);
    if (roll < 10) return `"ts":"${this.facts.seconds}",`;
    return roll < 12 ? `"ts" : ${this.facts.seconds} ,` : `"ts":${this.facts.seconds},`;
  }

  /** Now and then with its first digit written as an escape: the same user still. */
  #uidField(): string {
    const uid = uidText(this.facts.user, this.#settings.seed);
    if (uid[0] !== '"' || this.#random.below(64) > 0) return `"uid":${uid},`;
    return `"uid":"\\u00${uid.charCodeAt(1).toString(16)}${uid.slice(2)},`;
  }
}
