// A process with few file descriptors. It opens a server of lines and a fan-out, has more connections than descriptors
// come, lets them go, and prints what a good client got after that of what a good event source sent.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { systemClock } from "../../core/clock.ts";
import { nodeDisk } from "../../core/node-disk.ts";
import type { ByteBatch } from "../../core/records.ts";
import { tcpFanOut } from "./tcp-fan-out.ts";
import { tcpLines } from "./tcp-lines.ts";

const counters = new Map<string, { value: number }>();
const meter = {
  counter: (name: string, label = "") => {
    const key = `${name}:${label}`;
    if (!counters.has(key)) counters.set(key, { value: 0 });
    return counters.get(key)!;
  },
  gauge: () => {},
  warn: () => {},
};
const context = { id: "step", clock: systemClock, disk: nodeDisk, meter };
const ports: number[] = [];
const onListening = (port: number) => void ports.push(port);
const { signal } = new AbortController();
const reader = await tcpLines({ port: 0, keepLineEnds: true, onListening }).open({
  ...context,
  resume: new Map(),
  signal,
});
const writer = await tcpFanOut({ port: 0, onListening }).open({ ...context, resume: undefined, checkpointed: false });

/** Resolves to the socket when it is connected, and to undefined when there is no descriptor for it. */
async function connected(port: number): Promise<Socket | undefined> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.on("connect", resolve).on("close", resolve));
  return socket.destroyed ? undefined : socket;
}

const source = (await connected(ports[0]!))!;
const flood: (Socket | undefined)[] = [];
do flood.push(await connected(ports[flood.length % 2]!));
while (flood.at(-1) !== undefined && flood.length < 1_000);
await systemClock.turn();
for (const socket of flood) socket?.destroy();
while (!counters.get("accepted:")?.value) await systemClock.turn();
await systemClock.turn();

let client: Socket | undefined;
while (client === undefined) client = await connected(ports[1]!);
client.write("good\n");
while (counters.get("accepted:")!.value < 2) await systemClock.turn();
source.write("still here\n");
const batch = (await reader.read()) as ByteBatch;
const bytes = batch.buffer.subarray(batch.bounds[0]!, batch.bounds[1]!);
writer.write({ bytes, to: "all" }, undefined as never);
writer.flush();
const [got] = (await once(client, "data")) as [Buffer];
const exhausted = counters.get("descriptorsExhausted:")!.value + (counters.get("acceptErrors:EMFILE")?.value ?? 0);
process.stdout.write(JSON.stringify({ got: got.toString(), exhausted: exhausted > 0, flood: flood.length }));
process.exit();
