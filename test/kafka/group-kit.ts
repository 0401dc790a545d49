import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { type KafkaClient, nameOf } from "../../src/connectors/kafka/client/kafka-client.ts";
import { retrying } from "../../src/connectors/kafka/retrying.ts";
import { sleep } from "../../src/core/clock.ts";
import { startCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { runConsoleTool } from "../../tools/kafka/console-tools.ts";
import { freshName } from "./broker.ts";
import { windows } from "./group-frames.ts";
import { clock, freshTopic, random, readTopic } from "./kit.ts";

/** A line of a process's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How a process ended: an exit code, or the signal that killed it. */
export type Ending = number | NodeJS.Signals;

/** A process that counts as a member of a group. */
export class Member {
  readonly child: ChildProcess;
  readonly log: LogLine[] = [];
  readonly ended: Promise<Ending>;
  #waiting = new Set<() => void>();

  constructor(args: readonly string[]) {
    this.child = startCli(args);
    this.child.stdin!.end();
    this.child.stdout!.resume();
    createInterface(this.child.stderr!).on("line", (line) => this.#take(line));
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        resolve(code ?? signal!);
        for (const wake of this.#waiting) wake();
      });
    });
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when its log has such a line, at once if it has one already. Rejects when the process ends without. */
  async logged(isIt: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.log.find(isIt);
      if (found !== undefined) return found;
      if (this.isOver) throw new Error(`the process ended: ${this.text}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Resolves when it has been given partitions to work on. */
  assigned(): Promise<LogLine> {
    return this.logged(({ msg }) => msg.startsWith("partitions assigned"));
  }

  /** What it has of all partitions, by its own account. */
  get held(): ReadonlySet<string> {
    const held = new Set<string>();
    for (const { msg } of this.log) {
      const [, what, names] = /^partitions (assigned|given up|lost)\b.*: (.+)$/.exec(msg) ?? [];
      for (const name of names?.split(", ") ?? []) {
        if (what === "assigned") held.add(name);
        else held.delete(name);
      }
    }
    return held;
  }

  /** Resolves when it has so many partitions. */
  async holds(count: number): Promise<void> {
    await this.logged(() => this.held.size === count);
  }

  /** All it told, for people. */
  get text(): string {
    return this.log.map((line) => JSON.stringify(line)).join("\n");
  }

  #take(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.log.push({ level: "stderr", msg: line });
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

const lookEveryMs = 50;
/** What a process may take to say why it waits. */
const explainMs = 1000;
const charactersMax = 6000;

/** What distinguishes a group of the tests. */
export interface CountingGroupOptions {
  readonly partitions: number;
  readonly outputPartitions?: number;
  /** Options of the command that all its members get. */
  readonly args?: readonly string[];
}

/** A group of processes that count users from one topic into another. */
export class CountingGroup {
  readonly brokers: string;
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly #client: KafkaClient;
  readonly #args: readonly string[];
  readonly #members: Member[] = [];

  private constructor(
    brokers: string,
    client: KafkaClient,
    topics: readonly [string, string],
    args: readonly string[],
  ) {
    this.brokers = brokers;
    this.#client = client;
    this.name = freshName("group");
    [this.input, this.output] = topics;
    this.#args = args;
  }

  static async make(brokers: string, client: KafkaClient, options: CountingGroupOptions): Promise<CountingGroup> {
    const { partitions, outputPartitions = 2, args = [] } = options;
    const topics = [await freshTopic(client, partitions), await freshTopic(client, outputPartitions)] as const;
    return new CountingGroup(brokers, client, topics, args);
  }

  /** Starts a member. Whole silence of the input never lets windows out before their time: a test may be slow. */
  start(...args: readonly string[]): Member {
    const place = (topic: string) => `kafka://${this.brokers}/${topic}`;
    const member = new Member([
      ...["unique-users", "--in", place(this.input), "--out", place(this.output), "--group", this.name],
      ...["--window", windows, "--idle", "10h", "--progress", "off", "--summary", "none", ...this.#args, ...args],
    ]);
    this.#members.push(member);
    return member;
  }

  /** Runs members until everything is counted that is there now; all of them must end well. */
  async runToEnd(...members: readonly (readonly string[])[]): Promise<void> {
    const started = (members.length === 0 ? [[]] : members).map((args) => this.start("--until-end", ...args));
    for (const member of started) assert.equal(await member.ended, 0, member.text);
  }

  /** The last that those of its members told that still run, or ended by a failure of their own, for people. */
  get text(): string {
    const told = this.#members.filter(({ isOver, child }) => !isOver || (child.exitCode ?? 0) !== 0);
    return told.map(({ child, text }) => `--- process ${child.pid}\n${text.slice(-charactersMax)}\n`).join("");
  }

  /** By partition of the topic: how many frames the group is through with, as its committed offsets say. */
  async offsets(): Promise<number[]> {
    const { leaders } = (await this.#client.topics([this.input])).get(this.input)!;
    const places = leaders.map((_, partition) => ({ topic: this.input, partition }));
    const ask = async () =>
      this.#client.committed(await this.#client.coordinator("group", this.name), this.name, places);
    const patience = { clock, random, patienceMs: 60_000, also: ["UNSTABLE_OFFSET_COMMIT"] };
    const committed = await retrying(ask, patience);
    return places.map((place) => committed.get(nameOf(place))?.offset ?? 0);
  }

  /** How many frames the group is through with in all. */
  async through(): Promise<number> {
    return (await this.offsets()).reduce((sum, offset) => sum + offset, 0);
  }

  /** Resolves when the group has got through so many more frames. */
  async goesOn(frames: number): Promise<void> {
    await this.isThrough((await this.through()) + frames);
  }

  /** Resolves when the group is through with so many frames in all. Rejects when nobody is left to get there. */
  async isThrough(frames: number): Promise<void> {
    for (;;) {
      const isOver = this.#members.every((member) => member.isOver);
      if ((await this.through()) >= frames) return;
      if (isOver) throw new Error(`every process of the group has ended:\n${this.text}`);
      await sleep(clock, lookEveryMs);
    }
  }

  /** Ends whatever still runs, the frozen too; after a test that failed, all say first what they waited for. */
  async killAll(hasFailed: boolean): Promise<void> {
    if (hasFailed) {
      for (const member of this.#members) member.kill("SIGUSR2");
      await sleep(clock, explainMs);
      process.stderr.write(this.text);
    }
    for (const member of this.#members) member.kill("SIGKILL");
    await Promise.all(this.#members.map(({ ended }) => ended));
  }

  /** By key: the last that the members have committed, which supersedes what came before; corrections without their mark. */
  async lastResults(): Promise<Map<string, string>> {
    return new Map([...(await this.results())].map(([key, values]) => [key, unmarked(values.at(-1)!)]));
  }

  /** Resolves once the last results are so. */
  async comesTo(isSo: (results: ReadonlyMap<string, string>) => boolean): Promise<void> {
    while (!isSo(await this.lastResults())) await sleep(clock, lookEveryMs);
  }

  /**
   * Expects the last result of each key to be this one, and that each key had one first result, and corrections after it, each
   * marked and of more users than the one before: as sets only grow. Gives how many corrections there were.
   */
  async expectInTheEnd(expected: ReadonlyMap<string, string>): Promise<number> {
    assert.deepEqual(await this.lastResults(), new Map(expected));
    let corrections = 0;
    for (const [key, values] of await this.results()) {
      const seen = values.map((value) => JSON.parse(value) as { readonly cnt: number; readonly update?: true });
      for (const [i, { cnt, update }] of seen.entries()) {
        assert.equal(update === true, i > 0, `${key}: ${values.join(" ")}`);
        if (i > 0) assert.ok(cnt > seen[i - 1]!.cnt, `${key}: ${values.join(" ")}`);
      }
      corrections += values.length - 1;
    }
    return corrections;
  }

  /** By key, in order: what the members have committed. A key is in one partition. */
  async results(): Promise<Map<string, string[]>> {
    const records = await readTopic(this.#client, this.output);
    const results = new Map<string, string[]>();
    for (const { key, value } of records) results.set(key!, [...(results.get(key!) ?? []), value!]);
    return results;
  }

  /** Expects exactly one result for each of these keys, as the broker's own consumer reads them, committed only. */
  async expectExactly(expected: ReadonlyMap<string, string>): Promise<void> {
    const own = await this.results();
    assert.deepEqual(doubled(own), []);
    assert.deepEqual(new Map([...own].map(([key, [value]]) => [key, value])), new Map(expected));
    const args = [this.output, "--max-messages", String(expected.size), "--timeout-ms", "60000"];
    const { text } = await runConsoleTool("read", this.brokers, [...args, "--property", "print.key=true"], "capture");
    const lines = [...expected].map(([key, value]) => `${key}\t${value}`);
    assert.deepEqual(text.trim().split("\n").sort(), lines.sort());
  }

  /** Expects the group's offsets to be the ends of its partitions, as the broker's own tool sees them. */
  async expectAtEnds(): Promise<void> {
    const { text } = await runConsoleTool("groups", this.brokers, ["--describe", "--group", this.name], "capture");
    const rows = text.split("\n").filter((line) => line.startsWith(`${this.name} `));
    const seen = rows
      .map((row) => row.split(/\s+/))
      .map(([, topic, partition, at, end]) => ({ topic, partition, at, end }));
    assert.notEqual(seen.length, 0);
    assert.deepEqual(
      seen.filter(({ at, end }) => at !== end),
      [],
    );
  }
}

/** A result without the mark that it corrects one. */
function unmarked(value: string): string {
  return value.replace(',"update":true', "");
}

/** Keys that have more than one result. */
function doubled(results: ReadonlyMap<string, readonly string[]>): unknown[] {
  return [...results].filter(([, values]) => values.length > 1);
}
