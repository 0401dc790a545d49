import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "./compile-fixture.ts";

const inference = readFileSync(new URL("./inference-fixture.ts", import.meta.url), "utf8");

/** What every program begins with. */
const prologue = `
import { count, distinct, json, type Operator, type Processor, type Sink, type Slice, type Source, stream, sum, tumbling } from "millrace";
interface Animal { readonly name: string }
interface Dog extends Animal { readonly barks: boolean }
declare const bytes: Source<Slice>;
declare const numberSource: Source<number>;
declare const animalSource: Source<Animal>;
declare const textSink: Sink<string>;
declare const dogSink: Sink<Dog>;
declare const anySink: Sink<unknown>;
const numbers = stream("numbers", numberSource);
const animals = stream("animals", animalSource);
const frames = stream("bytes", bytes).decode("frame", json.pick({ ts: json.int, uid: json.string }));
export { anySink, count, distinct, numbers, animals, frames, sum, tumbling, textSink, dogSink };
export type { Operator, Processor };
`;

/** Programs that must not compile, and what the compiler has to say of each. */
const wrong: Record<string, readonly [program: string, says: string]> = {
  sinkOfAnotherType: [
    `numbers.to("out", textSink);`,
    "Argument of type 'Sink<string>' is not assignable to parameter of type 'Sink<number>'.",
  ],
  sinkThatWantsMore: [
    `animals.to("out", dogSink);`,
    "Argument of type 'Sink<Dog>' is not assignable to parameter of type 'Sink<Animal>'.",
  ],
  operatorThatWantsMore: [
    `declare const walk: Operator<Dog, string>; animals.via("walk", walk);`,
    "Argument of type 'Operator<Dog, string>' is not assignable to parameter of type 'Operator<Animal, string>'.",
  ],
  aggregateOfAMissingField: [
    `frames.window("w", tumbling("1m")).aggregate({ users: distinct((f) => f.user) });`,
    "Property 'user' does not exist on type 'Picked<{ readonly ts: NumberField; readonly uid: Field<string>; }>'.",
  ],
  aggregateOfTheWrongType: [
    `frames.window("w", tumbling("1m")).aggregate({ total: sum((f) => f.uid) });`,
    "Type 'string' is not assignable to type 'number'.",
  ],
  aggregateThatIsNone: [
    `frames.window("w", tumbling("1m")).aggregate({ users: (f: { uid: string }) => f.uid });`,
    "is not assignable to type 'Aggregate<",
  ],
  resultThatWasNotAsked: [
    `frames.window("w", tumbling("1m")).aggregate({ n: count() }).map("m", (r) => r.users);`,
    "Property 'users' does not exist on type 'Aggregated<undefined, ",
  ],
  windowOfNothing: [
    `frames.window("w", tumbling());`,
    "Argument of type '[]' is not assignable to parameter of type 'readonly [Duration, ...Duration[]]",
  ],
  decodeOfNoBytes: [
    `numbers.decode("d", json.pick({ ts: json.int }));`,
    "is not assignable to method's 'this' of type '\"decode reads bytes: it comes right behind a source that gives them, such as a file\"'.",
  ],
  decodeTwice: [
    `frames.decode("d", json.pick({ ts: json.int }));`,
    "decode reads bytes: it comes right behind a source that gives them",
  ],
  fieldThatWasNotPicked: [`frames.map("m", (f) => f.user);`, "Property 'user' does not exist on type 'Picked<"],
  unknownBranch: [
    `export const { huge } = frames.branch("b", { big: (f) => f.ts > 5 });`,
    `Property 'huge' does not exist on type 'Record<"big" | "rest", Stream<`,
  ],
  branchCalledRest: [
    `frames.branch("b", { rest: (f) => f.ts > 5 });`,
    'no branch can be called \\"rest\\", which has what no condition holds for',
  ],
  conditionThatIsNone: [
    `frames.branch("b", { big: (f) => f.ts });`,
    "Type 'number' is not assignable to type 'boolean'.",
  ],
  mergeOfOthers: [
    `frames.merge("m", numbers);`,
    "Argument of type 'Stream<number, undefined>' is not assignable to parameter of type 'Stream<Picked<",
  ],
  keyThatIsNone: [`frames.keyBy("k", (f) => [f.uid]);`, "Type 'string[]' is not assignable to type 'Key'."],
  timeThatIsNone: [
    `frames.eventTime("t", (f) => f.uid, { lag: "5s" });`,
    "Type 'string' is not assignable to type 'number'.",
  ],
  lagForgotten: [`frames.eventTime("t", (f) => f.ts, {});`, "Property 'lag' is missing in type '{}'"],
  processorOfAnotherKey: [
    `declare const visits: Processor<Animal, string, string>; animals.keyBy("k", (a) => a.name.length).process("p", visits);`,
    "Argument of type 'Processor<Animal, string, string>' is not assignable to parameter of type 'Processor<Animal, string, number>'.",
  ],
  processorOfAnotherRecord: [
    `declare const visits: Processor<Dog, string>; animals.process("p", visits);`,
    "Argument of type 'Processor<Dog, string, unknown>' is not assignable to parameter of type 'Processor<Animal, string, undefined>'.",
  ],
  callWithoutPromise: [
    `frames.mapAsync("c", (f) => f.ts);`,
    "Type 'number' is not assignable to type 'Promise<unknown>'.",
  ],
  unknownPolicy: [
    `frames.map("m", (f) => f.ts, { onError: "ignore" });`,
    `Type '"ignore"' is not assignable to type 'OnError | undefined'.`,
  ],
  idForgotten: [`frames.map((f: unknown) => f);`, "Expected 2-3 arguments, but got 1."],
  streamThatEndsInNothing: [`export const job = frames.run();`, "Property 'run' does not exist on type 'Stream<"],
  deadLettersOfAnotherType: [
    `frames.to("out", anySink).deadLetters("dead", dogSink);`,
    "Argument of type 'Sink<Dog>' is not assignable to parameter of type 'Sink<DeadLetter>'.",
  ],
  // That the helper of the right programs finds what is not the same.
  notTheSame: [
    `import { same } from "./inference.ts"; same<false>();`,
    "Type 'false' does not satisfy the constraint 'true'.",
  ],
};

const programs = Object.entries(wrong).map(([name, [program]]) => [name, `${prologue}\n${program}\n`] as const);
const said = compile({ ...Object.fromEntries(programs), inference, prologue });

test("types are inferred as they should be", () => {
  expect(said.inference).toBe("");
});

test("what wrong programs begin with is right", () => {
  expect(said.prologue).toBe("");
});

test.each(Object.entries(wrong))("%s does not compile, and it is said why", (name, [, says]) => {
  expect(said[name]).toContain(says);
  expect(said[name]!.match(/^\S/gm), "one error, no more").toHaveLength(1);
});
