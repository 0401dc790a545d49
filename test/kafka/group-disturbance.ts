import { sleep } from "../../src/core/clock.ts";
import type { Random } from "../../src/core/random.ts";
import type { Feed } from "./group-frames.ts";
import type { CountingGroup, Member } from "./group-kit.ts";
import { clock } from "./kit.ts";

/** How a place in the group is disturbed. */
export interface LaneOptions {
  readonly group: CountingGroup;
  readonly args: readonly string[];
  readonly kills: number;
  readonly random: Random;
  /** Share of kills that come while the process starts or joins; all others come when it has had work for a moment. */
  readonly earlyShare: number;
  /** Called after each kill; `worked`: whether the process had got partitions. */
  readonly onKill: (worked: boolean) => void;
}

const momentMs = 1500;
/** As long as a process takes to start and to join, about. */
const earlyMs = 600;
/** A process that gets no work for longer, since the group waits for dead ones, is killed all the same. */
const patienceMs = 8000;

/** Starts a process, kills it with -9 at a random moment and starts it again, so many times; gives the last one, alive. */
export async function killedAgainAndAgain(lane: LaneOptions): Promise<Member> {
  const { group, args, kills, random } = lane;
  for (let kill = 0; kill < kills; kill++) {
    const member = group.start(...args);
    const assigned = member.assigned().then(
      () => true,
      () => false,
    );
    const isEarly = random.next() < lane.earlyShare;
    if (!isEarly) await Promise.race([assigned, sleep(clock, patienceMs)]);
    await sleep(clock, random.next() * (isEarly ? earlyMs : momentMs));
    const worked = member.log.some(({ msg }) => msg.startsWith("partitions assigned"));
    member.kill("SIGKILL");
    const ending = await member.ended;
    if (ending !== "SIGKILL") throw new Error(`a process ended with ${ending} before it was killed:\n${member.text}`);
    lane.onKill(worked);
  }
  return group.start(...args);
}

/** Frames that keep flowing while something else goes on, so many shares of them with it. */
export class Flow {
  readonly #feed: Feed;
  readonly #steps: number;
  readonly #running: Promise<void>;
  #stepsDone = 0;
  #isOver = false;

  constructor(feed: Feed, steps: number) {
    this.#feed = feed;
    this.#steps = steps;
    this.#running = this.#run();
    this.#running.catch(() => {});
  }

  /** A step is done, and the share of the next one may flow. */
  step(): void {
    this.#stepsDone++;
  }

  /** Resolves when all is written. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await this.#feed.upTo(1);
    await this.#feed.close();
  }

  async #run(): Promise<void> {
    for (let share = 0; !this.#isOver; await sleep(clock, pieceMs)) {
      share = Math.min(share + 1 / (this.#steps * piecesPerStep), (this.#stepsDone + 1) / this.#steps, 1);
      await this.#feed.upTo(share);
    }
  }
}

/** A step's share comes in so many pieces, one after another in about a second. */
const piecesPerStep = 50;
const pieceMs = 20;
