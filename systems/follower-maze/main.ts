import { deadLetterLines, MillraceError } from "millrace";
import { defineCommand, runPipeline } from "millrace/command";
import { fileSink } from "millrace/file";
import { tcpFanOut, tcpLines } from "millrace/tcp";
import { type FollowerMazeValues, options, settingsOf } from "./options.ts";
import { followerMaze } from "./pipeline.ts";
import { summaryOf, summaryText } from "./summary.ts";

/** `millrace follower-maze`: events over TCP, put in order and sent to the users they concern. */
export const followerMazeCommand = defineCommand({
  name: "follower-maze",
  summary: "send ordered events to the users they concern, over TCP",
  about:
    "Takes events as lines (follow, unfollow, broadcast, private message, status update) on one port, puts them in the order of " +
    "their sequence numbers, and sends each to the user clients it concerns, which connect to another port and begin with their " +
    "user id. Missing events are waited for, then skipped; bad lines, repeated events and slow clients are counted and harm nobody " +
    "else. The environment names eventSourceServerPort, userServerPort, maxEventSourceClients, maxUserClients and eventTimeoutMs " +
    "are read, too; options win.",
  examples: [
    ["millrace follower-maze", "wait for an event source on port 9090 and for clients on port 9099"],
    ["millrace simulate follower-maze --events 100000", "in another terminal: send events, and check what clients get"],
    [
      "millrace follower-maze --gap-timeout never --slow-client block",
      "never skip an event, never lose a client: whoever is slow slows all",
    ],
    [
      "millrace follower-maze --durable ./maze",
      "killed and started again, go on where it was, having told nothing that it does not know",
    ],
  ],
  options,
  stopsWell: true,
  run,
});

async function run(values: FollowerMazeValues): Promise<number> {
  const settings = settingsOf(values, process.env);
  const { host, durable } = values;
  if (durable !== undefined && values.state !== undefined) {
    throw new MillraceError("ML1002", { message: "--state: --durable keeps the state already; give one of them" });
  }
  const letters = values["dead-letters"];
  const pipeline = followerMaze(
    {
      gapTimeoutMs: settings.gapTimeoutMs,
      capacity: values.capacity,
      capacityBytes: values["capacity-bytes"],
      durable: durable !== undefined,
    },
    {
      events: tcpLines({
        port: settings.eventPort,
        host,
        maxConnections: settings.maxEventSources,
        keepLineEnds: true,
        onListening: (port) => announce("event sources", host, port),
      }),
      users: tcpFanOut({
        port: settings.clientPort,
        host,
        maxClients: settings.maxClients,
        slowClient: values["slow-client"],
        clientBufferBytes: values["client-buffer"],
        duplicateClient: values["duplicate-client"],
        onListening: (port) => announce("user clients", host, port),
      }),
      deadLetters: letters === undefined ? undefined : fileSink(letters, { encoder: deadLetterLines }),
    },
  );
  const { code, status } = await runPipeline(
    pipeline,
    durable === undefined ? values : { ...values, state: durable, checkpoint: values.commit },
  );
  if (status === undefined || values.summary === "none") return code;
  const summary = summaryOf(status);
  process.stderr.write(values.summary === "json" ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  return code;
}

/** On stderr whatever the log level: with port 0 it is the only way to know. */
function announce(who: string, host: string, port: number): void {
  process.stderr.write(`waiting for ${who} on ${host}:${port}\n`);
}
