import type { Stateful } from "../core/state.ts";
import type { Plan, SinkStep, Step } from "../plan/plan.ts";
import { isLive } from "../plan/plan.ts";
import { blamed } from "./blame.ts";
import { StepContext } from "./context.ts";
import type { Environment } from "./environment.ts";
import { fuse } from "./fuse.ts";
import type { Receiver } from "./receiver.ts";
import { fanOut, joinInputs } from "./receiver.ts";
import { RunningOperator, RunningSink } from "./steps.ts";

/** The running steps of a plan, wired to one another by direct calls. */
export class Graph {
  readonly operators = new Map<string, RunningOperator>();
  readonly sinks = new Map<string, RunningSink>();
  readonly #plan: Plan;
  readonly #environment: Environment;
  /** By step id: an entrance for each of its inputs. */
  readonly #entrances = new Map<string, readonly Receiver[]>();
  readonly #joins = new Map<string, (input: number) => void>();
  readonly #ended = new Set<string>();

  constructor(plan: Plan, environment: Environment) {
    this.#plan = plan;
    this.#environment = environment;
  }

  /** Sets the steps up, last first, since each needs the entrances of those behind it. */
  open(): void {
    for (const step of [...this.#plan.steps].reverse()) {
      if (step.type === "sink") this.#openSink(step);
      else if (step.type === "operator") this.#openOperator(step);
    }
  }

  #openSink(step: SinkStep): void {
    const sink = new RunningSink(step, this.#environment);
    this.sinks.set(step.id, sink);
    this.#enter(step, sink.receiver);
  }

  #openOperator(step: Extract<Step, { type: "operator" }>): void {
    const sides = new Map<string, Receiver>();
    for (const port of step.operator.sides ?? []) {
      const targets = this.#targets(step.id, port);
      if (targets.length > 0) sides.set(port, fanOut(targets));
    }
    const context = new StepContext({
      id: step.id,
      place: this.#plan.steps.indexOf(step),
      onError: step.operator.onError ?? "fail",
      live: isLive(this.#plan, step.id),
      main: fanOut(this.#targets(step.id, undefined)),
      sides,
      environment: this.#environment,
    });
    const operator = new RunningOperator(step, context);
    this.operators.set(step.id, operator);
    const chain = this.#chainFrom(operator);
    const fused =
      chain.length > 1 && !this.#isFedBy(step)
        ? fuse(chain, this.#environment.cursor, this.#environment.gate)
        : undefined;
    this.#enter(step, fused ?? operator.receiver);
  }

  /** The pure steps that can run as one function with this one at their head. */
  #chainFrom(head: RunningOperator): RunningOperator[] {
    const chain: RunningOperator[] = [];
    for (let next: RunningOperator | undefined = head; next?.step.operator.pure !== undefined; ) {
      chain.push(next);
      const [only, ...others] = this.#readersOf(next.step.id);
      next =
        only !== undefined && others.length === 0 && only.inputs.length === 1 ? this.operators.get(only.id) : undefined;
    }
    return chain;
  }

  /** Whether the step is a later part of a chain, so that it is fused into that one. */
  #isFedBy(step: Step): boolean {
    const before = this.#plan.steps.find((one) => one.id === step.inputs[0]?.from);
    if (before?.type !== "operator" || before.operator.pure === undefined || step.inputs.length > 1) return false;
    return this.#readersOf(before.id).length === 1;
  }

  #readersOf(id: string): Step[] {
    return this.#plan.steps.filter((step) => step.inputs.some((input) => input.from === id));
  }

  #enter(step: Step, receiver: Receiver): void {
    if (step.inputs.length <= 1) {
      this.#entrances.set(step.id, [receiver]);
      return;
    }
    const join = joinInputs(step.inputs.length, receiver);
    this.#entrances.set(step.id, join.entrances);
    this.#joins.set(step.id, join.end);
  }

  #targets(from: string, port: string | undefined): Receiver[] {
    const targets: Receiver[] = [];
    for (const step of this.#plan.steps) {
      step.inputs.forEach((input, index) => {
        if (input.from === from && input.port === port) targets.push(this.#entrances.get(step.id)![index]!);
      });
    }
    return targets;
  }

  /** The entrance to what stands behind a source. */
  behind(source: string): Receiver {
    return fanOut(this.#targets(source, undefined));
  }

  /** All state of all steps, by `"<step>/<name>"`. */
  stores(): Map<string, Stateful> {
    const stores = new Map<string, Stateful>();
    for (const step of this.#plan.steps) {
      const context = this.operators.get(step.id)?.context;
      for (const [name, store] of context?.stores ?? []) stores.set(`${step.id}/${name}`, store);
    }
    return stores;
  }

  /** Ends a source, and with it every step that has nothing else to wait for, in order. */
  async end(source: string): Promise<void> {
    this.#ended.add(source);
    for (const step of this.#plan.steps) {
      if (step.type === "source" || this.#ended.has(step.id)) continue;
      const ended = step.inputs.map((input) => this.#ended.has(input.from));
      if (ended.every((is) => is)) {
        this.#ended.add(step.id);
        await this.#endOne(step.id);
      } else {
        const join = this.#joins.get(step.id);
        ended.forEach((is, input) => {
          if (is) join?.(input);
        });
      }
    }
  }

  async #endOne(id: string): Promise<void> {
    const operator = this.operators.get(id);
    if (operator?.task.end === undefined) return;
    try {
      await operator.task.end();
    } catch (thrown) {
      throw blamed(thrown, id, undefined);
    }
  }

  /** Whether a sink has taken anything since it was flushed. */
  get unflushed(): boolean {
    for (const sink of this.sinks.values()) if (sink.unflushed) return true;
    return false;
  }

  /** Tells all sinks that nothing more comes for now. */
  flush(): void {
    for (const sink of this.sinks.values()) sink.flush();
  }

  /** Resolves when no step has anything under way outside. */
  async settle(): Promise<void> {
    for (const step of this.#plan.steps) await this.operators.get(step.id)?.task.settle?.();
  }

  /** Closes every step, whatever one of them throws: `fail` is told. */
  close(fail: (thrown: unknown) => void): void {
    for (const [id, { context, task }] of this.operators) {
      context.close();
      try {
        task.close?.();
      } catch (thrown) {
        fail(blamed(thrown, id, undefined));
      }
    }
  }
}
