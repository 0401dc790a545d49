// Writes frames of 2 KB into a topic at a steady rate, each stamped when it is made: its `ts` is a second for each millisecond
// since the moment given, so that event time runs a thousand times as fast as the clock. Every frame has a user of its own.
// Arguments: brokers, topic, a file of frames to take the rest of each from, the moment (ms since the epoch), frames a second
// (0: as fast as the broker takes them), seconds. Prints how many it wrote, and in how many seconds they were acknowledged.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { openClient } from "../../src/connectors/kafka/kafka-options.ts";
import { ProducerSession } from "../../src/connectors/kafka/producer-session.ts";
import { systemClock } from "../../src/core/clock.ts";
import { systemRandom } from "../../src/core/random.ts";
import { eventTimeBase } from "./event-time-base.ts";

const bodiesMax = 1000;
const lookEveryMs = 1;

const [brokers, topic, path, moment, rateText, secondsText] = process.argv.slice(2) as string[];
const [start, rate, lengthMs] = [Number(moment), Number(rateText), Number(secondsText) * 1000];
const bodies = await bodiesOf(path!);
const client = openClient({ brokers: brokers!, clientId: "paced-producer" }, systemClock);
const session = await ProducerSession.open({
  client,
  clock: systemClock,
  random: systemRandom(),
  compression: "none",
  transactional: false,
  batchBytes: 256 * 1024,
  batchBytesMax: 1_000_000,
  pendingBytesMax: 8 * 1024 * 1024,
  ackTimeoutMs: 30_000,
  onTrouble: (failure) => process.stderr.write(`${failure.message}\n`),
});

const place = { topic: topic!, partition: 0 };
const began = Date.now();
let sent = 0;
for (let passedMs = 0; passedMs < lengthMs; passedMs = Date.now() - began) {
  const due = rate === 0 ? sent + bodiesMax : Math.floor((passedMs * rate) / 1000);
  while (sent < due && !session.full) {
    session.add({ place, timestamp: Date.now(), key: null, value: frame() });
  }
  if (session.full) await session.drain();
  else {
    session.flush();
    await new Promise((resolve) => (rate === 0 ? setImmediate(resolve) : setTimeout(resolve, lookEveryMs)));
  }
}
await session.flushed();
const seconds = (Date.now() - began) / 1000;
await client.close();
await session.close();
process.stdout.write(`${JSON.stringify({ sent, seconds })}\n`);

function frame(): string {
  const ts = eventTimeBase + Date.now() - start;
  const head = `{"ts":${ts},"uid":"${start % 1_000_000}-${rate}-${sent}",`;
  sent += 1;
  return head + bodies[sent % bodies.length]!;
}

/** Frames without their time, their user and their opening brace. */
async function bodiesOf(file: string): Promise<string[]> {
  const bodies: string[] = [];
  const input = createReadStream(file);
  for await (const line of createInterface({ input })) {
    const body = bodyOf(line);
    if (body !== undefined) bodies.push(body);
    if (bodies.length === bodiesMax) break;
  }
  input.destroy();
  return bodies;
}

function bodyOf(line: string): string | undefined {
  try {
    const { ts, uid, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return ts === undefined || uid === undefined ? undefined : JSON.stringify(rest).slice(1);
  } catch {
    return undefined;
  }
}
