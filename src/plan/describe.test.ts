import { expect, test } from "vitest";
import {
  count,
  deadLetterLines,
  hopping,
  Malformed,
  type Pipeline,
  type Processor,
  session,
  stream,
  sum,
  tumbling,
} from "../index.ts";
import { listSource, memorySink, textSource } from "../testing/index.ts";
import { promiseOf } from "./describe.ts";
import { isLive } from "./plan.ts";

const rule: Processor<{ n: number }, string, string> = {
  kind: "visits",
  version: "2",
  sides: ["odd"],
  open: () => ({ record: () => {} }),
};

/** A plan with a step of every kind. */
function everything(): Pipeline {
  const texts = stream("texts", textSource(["1"]))
    .decode("decoded", { name: "digits", decode: (): number | Malformed => new Malformed("no") })
    .map("mapped", (n: number) => ({ n }));
  const numbers = stream("numbers", listSource([{ n: 1 }], { live: false }))
    .filter("some", ({ n }) => n > 0)
    .flatMap("many", (one) => [one, one])
    .throttle("slow", "5/s")
    .mapAsync("called", async (one) => one, { concurrency: 3, order: "any" });
  const both = texts
    .merge("both", numbers)
    .eventTime("clock", ({ n }) => n, { lag: "5s", maxFuture: "1m", idle: "10s" });
  const { big, rest } = both
    .keyBy("key", () => "k")
    .branch("split", { big: ({ n }) => n > 9, small: ({ n }) => n < 5 });
  const totals = big
    .window("totals", tumbling("1m", "1h"), { late: "update" })
    .aggregate({ n: count(), sum: sum((r) => r.n) });
  const processed = rest.process("visits", rule);
  return totals
    .to("out", memorySink({ name: "totals <now>" }))
    .and(
      totals.side("late").to("late", memorySink({ name: 'late "ones"', delivery: "effectively-once" })),
      processed.side("odd").to("odd", memorySink({ delivery: "at-least-once" })),
      rest
        .window("slide", hopping({ size: "1h", every: "5m" }))
        .aggregate({ n: count() })
        .to("slid", memorySink()),
      rest
        .window("visit", session({ gap: "30m" }))
        .aggregate({ n: count() })
        .to("visited", memorySink()),
    )
    .deadLetters("dead", memorySink());
}

const textWithState = `\
texts    text of 1 lines
decoded  decode: digits  <- texts
mapped   map  <- decoded
numbers  list of 1
some     filter  <- numbers
many     flatMap  <- some
slow     throttle: 5/s  <- many
         keeps state, layout throttle/1
called   mapAsync: 3 at once, order any  <- slow
         keeps state, layout in-flight/1
both     merge  <- mapped, called
clock    event time: lag 5s, max future 1m, idle 10s  <- both
         keeps state, layout event-time/1
key      keyBy  <- clock
split    branch: big, small  <- key
totals   window: tumbling 1m, 1h; late: update within 1h; n: count, sum: sum  <- split/big
         keeps state, layout 1; tumbling 1m, 1h; "n": count 1, "sum": sum 1
out      totals <now>  <- totals
         exactly-once: totals <now>
late     late "ones"  <- totals/late
         effectively-once: late "ones"
visits   visits  <- split
         keeps state, layout process/1 2
odd      memory  <- visits/odd
         at-least-once: memory
slide    window: hopping 1h every 5m; late: drop; n: count  <- split
         keeps state, layout 1; hopping 1h every 5m; "n": count 1
slid     memory  <- slide
         exactly-once: memory
visit    window: session, gap 30m; late: drop; n: count  <- split
         keeps state, layout 1; session, gap 30m; "n": count 1
visited  memory  <- visit
         exactly-once: memory
dead     memory  <- what any step refuses
         exactly-once: memory
`;

test("a plan with every kind of step, as text", () => {
  expect(everything().explain({ state: true })).toBe(textWithState);
  expect(everything().explain()).toBe(
    textWithState.replaceAll(
      /^( +)(exactly-once|effectively-once|at-least-once): .*$/gm,
      "$1at-least-once: without a state directory a crashed run starts again from the beginning",
    ),
  );
});

test("a plan with every kind of step, as a Mermaid flow chart", () => {
  const texts = stream("texts", textSource(["1"]));
  const { big, rest } = texts.branch("split", { big: (slice) => slice.length > 9 });
  const pipeline = big
    .to("out", memorySink({ name: 'totals <now> & "then"' }))
    .and(texts.merge("both", rest).to("all", memorySink({ delivery: "at-least-once" })))
    .deadLetters("dead", memorySink());
  expect(pipeline.explain({ format: "mermaid", state: true })).toBe(`\
flowchart LR
  s0(["texts<br/><small>text of 1 lines</small>"])
  s1["split<br/><small>branch: big</small>"]
  s2(["out<br/><small>totals &lt;now&gt; &amp; &quot;then&quot;</small>"])
  s3["both<br/><small>merge</small>"]
  s4(["all<br/><small>memory</small>"])
  s5(["dead<br/><small>memory</small>"])
  s0 --> s1
  s1 -->|"big, exactly-once"| s2
  s0 --> s3
  s1 --> s3
  s3 -->|"at-least-once"| s4
  s0 -.->|refused| s5
  s1 -.->|refused| s5
  s3 -.->|refused| s5
`);
  expect(everything().explain({ format: "mermaid" })).toMatch(/^flowchart LR\n( {2}s\d+.*\n)+$/);
});

const once = (replayable: boolean, live = false) => ({
  ...listSource([1]),
  traits: { name: "pipe", replayable, live },
});

test("a sink gets no more than its sources can give again", () => {
  const file = stream("file", once(true));
  const both = file.merge("both", stream("pipe", once(false)));
  const pipeline = file
    .to("good", memorySink({ name: "good" }))
    .and(both.to("lossy", memorySink()))
    .deadLetters("dead", memorySink({ name: "letters" }));
  const lost = { delivery: "at-most-once", why: "pipe cannot be read again after a crash" };
  expect(promiseOf(pipeline.plan, "good", true)).toEqual({ delivery: "exactly-once", why: "good" });
  expect(promiseOf(pipeline.plan, "lossy", true)).toEqual(lost);
  expect(promiseOf(pipeline.plan, "lossy", false)).toEqual(lost);
  expect(promiseOf(pipeline.plan, "dead", true), "anything may be refused").toEqual(lost);
  expect(promiseOf(pipeline.plan, "both", true)).toEqual({ delivery: "at-most-once", why: "not a sink" });
});

test("a step is live when all its sources are", () => {
  const [live, dead] = [stream("live", once(true, true)), stream("dead", once(true, false))];
  const pipeline = live
    .map("of-live", (n) => n)
    .to("a", memorySink())
    .and(live.merge("mixed", dead).to("b", memorySink()))
    .deadLetters("letters", memorySink({ name: deadLetterLines.name }));
  const alive = pipeline.plan.steps.filter((step) => isLive(pipeline.plan, step.id)).map((step) => step.id);
  expect(alive).toEqual(["live", "of-live", "a"]);
});

test("streams that are split and joined many times over are described, and opened, in no time", async () => {
  let numbers = stream("in", listSource([1]));
  for (let at = 0; at < 40; at++)
    numbers = numbers.merge(
      `join${at}`,
      numbers.filter(`none${at}`, () => false),
    );
  const sink = memorySink<number>();
  const pipeline = numbers.to("out", sink);
  expect(pipeline.explain()).toContain("join39");
  await pipeline.run({ signals: false }).done;
  expect(sink.values).toEqual([1]);
}, 5_000);
