import type { RecordInfo } from "../core/operator.ts";
import type { Batch, Position } from "../core/records.ts";
import type { Sink, SinkWriter } from "../core/sink.ts";
import type { Source, SourceProgress, SourceReader } from "../core/source.ts";
import type { Plan, Step } from "../plan/plan.ts";
import type { Passage } from "./passage.ts";

/** A plan whose sources and sinks a dead process cannot reach. Its operators have no effects but through these. */
export function fencedPlan(plan: Plan, passage: Passage): Plan {
  return { ...plan, steps: plan.steps.map((step) => fencedStep(step, passage)) };
}

function fencedStep(step: Step, passage: Passage): Step {
  if (step.type === "source") return { ...step, source: fencedSource(step.id, step.source, passage) };
  if (step.type === "sink") return { ...step, sink: fencedSink(step.id, step.sink, passage) };
  return step;
}

function fencedSource<T>(id: string, source: Source<T>, passage: Passage): Source<T> {
  const open: Source<T>["open"] = async (context) =>
    new FencedReader(id, await passage.pass(`${id} open`, () => source.open(context)), passage);
  return { traits: source.traits, open };
}

class FencedReader<T> implements SourceReader<T> {
  readonly #id: string;
  readonly #inner: SourceReader<T>;
  readonly #passage: Passage;

  constructor(id: string, inner: SourceReader<T>, passage: Passage) {
    this.#id = id;
    this.#inner = inner;
    this.#passage = passage;
  }

  get pending(): boolean {
    return this.#inner.pending ?? false;
  }

  read(): Promise<Batch<T> | "end"> {
    return this.#passage.pass(`${this.#id} read`, () => this.#inner.read());
  }

  async acknowledge(positions: ReadonlyMap<string, Position>): Promise<void> {
    await this.#passage.pass(`${this.#id} acknowledge`, async () => this.#inner.acknowledge?.(positions));
  }

  progress(): SourceProgress {
    return this.#inner.progress?.() ?? { doneBytes: 0, totalBytes: undefined };
  }

  status(): Record<string, unknown> {
    return this.#inner.status?.() ?? {};
  }

  close(): Promise<void> {
    return this.#passage.pass(`${this.#id} close`, () => this.#inner.close());
  }
}

function fencedSink<T>(id: string, sink: Sink<T>, passage: Passage): Sink<T> {
  const open: Sink<T>["open"] = async (context) =>
    new FencedWriter(id, await passage.pass(`${id} open`, () => sink.open(context)), passage);
  return { traits: sink.traits, open };
}

class FencedWriter<T> implements SinkWriter<T> {
  readonly #id: string;
  readonly #inner: SinkWriter<T>;
  readonly #passage: Passage;

  constructor(id: string, inner: SinkWriter<T>, passage: Passage) {
    this.#id = id;
    this.#inner = inner;
    this.#passage = passage;
  }

  get full(): boolean {
    return this.#inner.full;
  }

  write(value: T, record: RecordInfo): void {
    if (!this.#passage.over) this.#inner.write(value, record);
  }

  drain(): Promise<void> {
    return this.#passage.pass(`${this.#id} drain`, () => this.#inner.drain());
  }

  flush(): void {
    if (!this.#passage.over) this.#inner.flush();
  }

  /** The cut is taken at the call, however long the passage takes. */
  prepare(): Promise<unknown> {
    if (this.#passage.over) return this.#passage.pass(`${this.#id} prepare`, async () => undefined);
    const cut = this.#inner.prepare();
    cut.catch(() => {});
    return this.#passage.pass(`${this.#id} prepare`, () => cut);
  }

  async commit(token: unknown): Promise<void> {
    await this.#passage.pass(`${this.#id} commit`, async () => this.#inner.commit?.(token));
  }

  close(): Promise<void> {
    return this.#passage.pass(`${this.#id} close`, () => this.#inner.close());
  }
}
