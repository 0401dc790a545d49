import { receive } from "../operators/exchange/receive.ts";
import { type SendOptions, sendByKey, sendParts } from "../operators/exchange/send.ts";
import type { Plan, SinkStep, Step } from "../plan/plan.ts";
import { type CutStage, receiverId, type StagePart } from "./cut.ts";
import type { StageEnds } from "./stage.ts";

/** The plan of one task of a stage. `deadLetters`: the step that takes what is refused in it. */
export function taskPlan(stage: CutStage, ends: StageEnds, deadLetters: SinkStep | undefined): Plan {
  const through: Record<string, number> = {};
  const steps: Step[] = [...headOf(stage, ends, through)];
  for (const part of stage.parts) {
    if (part.kind === "send") steps.push(...sending(part, ends, endedOf(stage, ends, through)));
    else if (part.step.type === "operator") steps.push(part.step);
    else steps.push(withEnd(part.step, ends));
  }
  if (deadLetters !== undefined) steps.push(withEnd(deadLetters, ends));
  return Object.freeze({ steps: Object.freeze(steps), deadLetters: deadLetters?.id });
}

/** The id of a task's source step. */
export function sourceIdOf({ head }: CutStage): string {
  return head.type === "source" ? head.id : exchangeId(head.id);
}

function exchangeId(id: string): string {
  return `${id}:exchange`;
}

function headOf(stage: CutStage, ends: StageEnds, through: Record<string, number>): Step[] {
  const id = sourceIdOf(stage);
  const source: Step = { type: "source", id, source: ends.source, inputs: [] };
  if (stage.head.type === "source") return [source];
  const operator = receive({
    ends: ends.ends,
    onEnded: (upTo) => {
      Object.assign(through, upTo);
      ends.onEnded();
    },
  });
  return [source, { type: "operator", id: receiverId(stage.id), operator, inputs: [{ from: id }] }];
}

/** Up to where the task has read once its input has ended: its own partition; behind an exchange what the senders told. */
function endedOf({ head }: CutStage, { from, ends }: StageEnds, through: Readonly<Record<string, number>>) {
  return (): Readonly<Record<string, number>> => {
    if (head.type !== "source") return through;
    const end = ends?.get(from);
    return end === undefined ? {} : { [from]: end };
  };
}

function sending(part: Extract<StagePart, { kind: "send" }>, ends: StageEnds, ended: SendOptions["ended"]): Step[] {
  const { step, what } = part;
  const { sink, partitions } = ends.exchange(step.id);
  const id = `${step.id}:send`;
  const options = { partitions, from: ends.from, total: ends.total, ended, onError: step.operator.onError };
  const operator = what === "records" ? sendByKey(options) : sendParts(options);
  return [
    { type: "operator", id, operator, inputs: [{ from: step.id }] },
    { type: "sink", id: exchangeId(step.id), sink, inputs: [{ from: id }] },
  ];
}

function withEnd(step: SinkStep, ends: StageEnds): SinkStep {
  return { ...step, sink: ends.sink(step) };
}
