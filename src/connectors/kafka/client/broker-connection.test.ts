import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createAPI, Writer } from "@platformatic/kafka";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../core/clock.ts";
import { ManualClock } from "../../../testing/manual-clock.ts";
import { BrokerConnection, type BrokerConnectionSettings } from "./broker-connection.ts";
import { KafkaFailure } from "./kafka-failure.ts";
import { MessageMemory } from "./message-memory.ts";

/** A call that asks for a text and gets bytes. */
const ask = createAPI<[string], Buffer>(
  7,
  3,
  (text: string) => Writer.create().appendString(text).appendTaggedFields(),
  (_id, _key, _version, reader) => {
    const bytes = reader.readBytes();
    if (bytes.toString() === "broken") throw new Error("cannot be parsed");
    return bytes;
  },
);

/** A request as it came: its number, and all that follows its head. */
interface Asked {
  readonly apiKey: number;
  readonly id: number;
  readonly clientId: string;
  readonly text: string;
}

let clock: ManualClock;
let memory: MessageMemory;
let server: Server;
let socket: Socket;
/** What the server does with a request. */
let onAsked: (asked: Asked) => void;
let asked: Asked[];
let ended: number;
const sessionsEnded: BrokerConnection[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  memory = new MessageMemory();
  asked = [];
  ended = 0;
  sessionsEnded.length = 0;
  onAsked = () => {};
  server = createServer((accepted) => {
    socket = accepted;
    socket.on("error", () => {});
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (piece) => {
      rest = Buffer.concat([rest, piece]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const size = 4 + rest.readInt32BE(0);
        const one = askedIn(rest.subarray(4, size));
        rest = rest.subarray(size);
        asked.push(one);
        onAsked(one);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  socket?.destroy();
  server.close();
});

function askedIn(request: Buffer): Asked {
  const clientBytes = request.readInt16BE(8);
  const textAt = 10 + clientBytes + 1;
  return {
    apiKey: request.readInt16BE(0),
    id: request.readInt32BE(4),
    clientId: request.toString("utf8", 10, 10 + clientBytes),
    text: request.toString("utf8", textAt + 1, textAt + request[textAt]!),
  };
}

function answerTo(id: number, bytes: Uint8Array): Buffer {
  const writer = Writer.create().appendInt32(id).appendTaggedFields();
  return writer.appendBytes(Buffer.from(bytes)).prependLength().buffer;
}

const place = () => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });

function open(more: Partial<BrokerConnectionSettings> = {}, at = place()): Promise<BrokerConnection> {
  return BrokerConnection.open(at, {
    clientId: "tester",
    clock,
    connectTimeoutMs: 5000,
    answerTimeoutMs: 30_000,
    memory,
    onEnd: () => {
      ended += 1;
    },
    onSessionEnds: (connection) => sessionsEnded.push(connection),
    ...more,
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.turn();
}

async function failure(promise: Promise<unknown>): Promise<KafkaFailure> {
  const thrown = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(KafkaFailure);
  return thrown as KafkaFailure;
}

test("each request gets its own answer, in whatever order and pieces they come, and however large they are", async () => {
  memory.expect(300_000);
  const connection = await open();
  const texts = ["one", "two", "three", "four"];
  const answers = texts.map((text) => ask.async(connection.forCalls, text));
  await until(() => asked.length === texts.length);
  expect(asked.map(({ text, clientId, apiKey }) => [text, clientId, apiKey])).toEqual(
    texts.map((text) => [text, "tester", 7]),
  );
  const bodies = asked.map(({ text }) => Buffer.alloc(text === "two" ? 300_000 : 20, text));
  const order = [2, 0, 1, 3];
  for (const index of order) {
    const bytes = answerTo(asked[index]!.id, bodies[index]!);
    socket.write(bytes.subarray(0, 3));
    await systemClock.turn();
    socket.write(bytes.subarray(3));
  }
  const got = await Promise.all(answers);
  expect(got.map((bytes, index) => bytes.equals(bodies[index]!))).toEqual([true, true, true, true]);
  await connection.close();
  expect(ended).toBe(1);
  expect(clock.timers).toBe(0);
});

test("an answer that cannot be parsed fails its own request only", async () => {
  onAsked = ({ id, text }) => socket.write(answerTo(id, Buffer.from(text)));
  const connection = await open();
  await expect(ask.async(connection.forCalls, "broken")).rejects.toThrow("cannot be parsed");
  expect(String(await ask.async(connection.forCalls, "sound"))).toBe("sound");
  await connection.close();
});

test("an answer that does not come in time ends the connection, and every request on it", async () => {
  const connection = await open();
  const first = failure(ask.async(connection.forCalls, "first"));
  await until(() => asked.length === 1);
  await clock.advance(29_999);
  const second = failure(ask.async(connection.forCalls, "second"));
  expect(ended).toBe(0);
  await clock.advance(1);
  for (const one of [await first, await second, await failure(ask.async(connection.forCalls, "third"))]) {
    expect([one.code, one.retryable]).toEqual(["NETWORK", true]);
    expect(one.message).toContain(`no answer from 127.0.0.1:${place().port} in 30 s`);
  }
  expect(ended).toBe(1);
  await connection.close();
  expect(clock.timers).toBe(0);
});

test("who accepts and says nothing is left when the time to connect is over", async () => {
  const opening = failure(open({ tls: {} }));
  await until(() => socket !== undefined && !socket.destroyed);
  await clock.advance(5000);
  const { code, retryable, message } = await opening;
  expect([code, retryable]).toEqual(["NETWORK", true]);
  expect(message).toContain("in 5 s");
});

test("a node that is not there is named, and may be tried again", async () => {
  const at = place();
  server.close();
  await once(server, "close");
  const { code, retryable, message } = await failure(open({}, at));
  expect([code, retryable]).toEqual(["NETWORK", true]);
  expect(message).toContain(`no connection to 127.0.0.1:${at.port}: connect ECONNREFUSED`);
});

test("a connection that goes with half an answer fails its request and gives the memory back", async () => {
  memory.expect(100_000);
  const connection = await open();
  const answer = failure(ask.async(connection.forCalls, "large"));
  await until(() => asked.length === 1);
  socket.write(answerTo(asked[0]!.id, Buffer.alloc(100_000)).subarray(0, 90_000));
  socket.end();
  const { code, retryable, message } = await answer;
  expect([code, retryable]).toEqual(["NETWORK", true]);
  expect(message).toContain("was closed");
  await connection.close();
  const all = Array.from({ length: 8 }, () => memory.take(100_000));
  expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(1);
});

test.each([
  ["what nobody asked for", () => answerTo(12_345, Buffer.from("x")), "NETWORK", "answers what nobody asked"],
  [
    "another protocol",
    () => Buffer.from("HTTP/1.1 400 Bad Request\r\n"),
    "NETWORK",
    'begins with "HTTP/1.1 400 Bad Req"',
  ],
  ["an alert of TLS", () => Buffer.from([0x15, 3, 3, 0, 2, 2, 80]), "TLS", "speaks TLS only: set tls"],
])("%s ends the connection", async (_, bytes, code, message) => {
  const connection = await open();
  const answer = failure(ask.async(connection.forCalls, "something"));
  await until(() => asked.length === 1);
  socket.write(bytes());
  const found = await answer;
  expect(found.code).toBe(code);
  expect(found.message).toContain(message);
  expect(ended).toBe(1);
  await connection.close();
});

/** Answers as a broker that takes everybody, for so long. */
function welcome(sessionMs: number): (request: Asked) => void {
  return ({ apiKey, id }) => {
    const isHandshake = apiKey === 17;
    const writer = Writer.create().appendInt32(id);
    if (isHandshake)
      writer.appendInt16(0).appendArray(["PLAIN"], (one, text) => one.appendString(text, false), false, false);
    else {
      writer.appendTaggedFields().appendInt16(0).appendString(null).appendBytes(Buffer.alloc(0));
      writer.appendInt64(BigInt(sessionMs)).appendTaggedFields();
    }
    socket.write(writer.prependLength().buffer);
  };
}

const sasl = { mechanism: "PLAIN", username: "alice", password: "secret" } as const;

test("a session that will end is told at four fifths of it, once, and not when the connection ended before", async () => {
  onAsked = welcome(10_000);
  const connection = await open({ sasl });
  await clock.advance(7999);
  expect(sessionsEnded).toEqual([]);
  await clock.advance(1);
  expect(sessionsEnded).toEqual([connection]);
  await connection.close();
  const other = await open({ sasl });
  await other.close();
  await clock.advance(10_000);
  expect(sessionsEnded).toEqual([connection]);
  expect(clock.timers).toBe(0);
});

test("a session without end sets no timer", async () => {
  onAsked = welcome(0);
  const connection = await open({ sasl });
  expect(clock.timers).toBe(0);
  await connection.close();
});

test("a connection that goes in the middle of the introduction may be tried again; what a function of the user's throws may not", async () => {
  onAsked = () => socket.destroy();
  const { code, retryable } = await failure(open({ sasl }));
  expect([code, retryable]).toEqual(["NETWORK", true]);
  onAsked = welcome(0);
  const noToken = () => {
    throw new Error("no token today");
  };
  const refused = await failure(open({ sasl: { mechanism: "OAUTHBEARER", token: noToken } }));
  expect([refused.code, refused.retryable]).toEqual(["AUTHENTICATION", false]);
  expect(refused.message).toContain("no token today");
  expect(ended).toBe(2);
});

test.each(["GSSAPI", "PLAIN"] as const)("a function of the user's may introduce itself by %s", async (mechanism) => {
  onAsked = welcome(0);
  const seen: unknown[] = [];
  const connection = await open({
    sasl: {
      mechanism,
      username: "alice",
      authenticate: (name, through, call, username, _password, _token, callback) => {
        seen.push(name, username);
        call(through, Buffer.from("ticket"), callback);
      },
      authBytesValidator: (bytes, callback) => {
        seen.push(bytes.length);
        callback(null, bytes);
      },
    },
  });
  expect(seen).toEqual([mechanism, "alice", 0]);
  await connection.close();
  const refused = await failure(open({ sasl: { mechanism: "GSSAPI" } }));
  expect(refused.message).toContain("GSSAPI wants a function of yours in sasl.authenticate");
});
