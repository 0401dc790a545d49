import { spawn } from "node:child_process";
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { SinkWriter } from "../../core/sink.ts";
import { recordOf, sinkContext } from "./connector.fixture.ts";
import { type StreamSinkOptions, stdoutSink, streamSink } from "./stream-sink.ts";

const none = recordOf();
const settled = () => new Promise((resolve) => setImmediate(resolve));

function open(stream: Writable, options: StreamSinkOptions<unknown> = {}): Promise<SinkWriter<unknown>> {
  return streamSink(() => stream, options).open(sinkContext());
}

describe("streamSink", () => {
  it("writes lines, and ends the stream", async () => {
    const stream = new PassThrough();
    const writer = await open(stream);
    writer.write({ a: "é" }, none);
    writer.flush();
    await settled();
    expect(String(stream.read())).toBe('{"a":"é"}\n');
    writer.write(2, none);
    expect(await writer.prepare()).toBe(null);
    writer.write(3, none);
    await writer.close();
    expect([String(stream.read()), stream.writableEnded]).toEqual(["2\n3\n", true]);
  });

  it("waits for a slow reader, holding no more than its bound", async () => {
    const taken: (() => void)[] = [];
    let bytes = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _, done) {
        bytes += chunk.length;
        taken.push(done);
      },
    });
    const writer = await open(slow, { pendingBytesMax: 1000 });
    writer.flush();
    for (let n = 0; !writer.full; n++) {
      writer.write("x".repeat(97), none);
      if (n === 0) writer.flush();
    }
    let drained = false;
    const draining = writer.drain().then(() => {
      drained = true;
    });
    await settled();
    expect([bytes, drained]).toEqual([100, false]);
    taken.shift()!();
    await settled();
    expect(bytes).toBe(1000);
    taken.shift()!();
    await draining;
    expect(writer.full).toBe(false);
    await writer.close();
  });

  it("tells of a reader that has gone with a cause of EPIPE, and closes quietly then", async () => {
    const script = "fs.closeSync(0); fs.writeSync(1, 'closed'); setInterval(() => {}, 1000)";
    const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "ignore"] });
    const writer = await open(child.stdin);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    writer.write("x".repeat(200_000), none);
    await expect(writer.prepare()).rejects.toMatchObject({ code: "ML4001", cause: { code: "EPIPE" } });
    expect(writer.full).toBe(true);
    await writer.close();
    child.kill("SIGKILL");
  });

  it("says the same of a stream that was destroyed before", async () => {
    const stream = new PassThrough();
    stream.destroy();
    const writer = await open(stream);
    writer.write(1, none);
    await expect(writer.close()).rejects.toMatchObject({ code: "ML4001", cause: { code: "EPIPE" } });
  });

  it("takes a stream's failure between writes for its own, not for the process's", async () => {
    const stream = new PassThrough();
    const writer = await open(stream);
    stream.destroy(new Error("gone"));
    await settled();
    writer.write(1, none);
    await expect(writer.prepare()).rejects.toMatchObject({ code: "ML4001", cause: { message: "gone" } });
    await writer.close();
  });

  it("leaves a stream open when told so, and no listener behind", async () => {
    const stream = new PassThrough();
    const before = stream.listenerCount("error");
    const writer = await open(stream, { end: false });
    await writer.close();
    expect([stream.writableEnded, stream.listenerCount("error")]).toEqual([false, before]);
    expect(stdoutSink().traits).toEqual({ name: "stdout", delivery: "at-least-once" });
  });
});
