import { type Duration, durationMs, limits, MillraceError, reasonOf } from "millrace";
import {
  bytesOption,
  choiceOption,
  durationOption,
  integerOption,
  type OptionSpec,
  type OptionValues,
  pipelineOptions,
  textOption,
  withFallback,
} from "millrace/command";

const port = { min: 0, max: 65_535 };
const clients = { min: 1, max: 1_000_000 };

/** A length of time in milliseconds, or `"never"`. */
function durationOrNever(about: string): OptionSpec<number | "never" | undefined> {
  return {
    ...textOption("DURATION|never", about),
    fallback: undefined,
    read: (texts) => (texts.at(-1) === "never" ? "never" : readDuration(texts.at(-1)!)),
  };
}

function readDuration(text: Duration): number {
  try {
    return durationMs(text);
  } catch {
    throw new Error(`"${text}" is neither a duration such as 250ms or 1s, nor "never"`);
  }
}

/** What the options stand for when they are not given, and the environment says nothing either. */
const defaults = {
  "event-port": 9090,
  "client-port": 9099,
  "max-event-sources": 1,
  "max-clients": 1000,
  "gap-timeout": 1000,
} as const;

/** The same option with a fallback for the help only: what it stands for depends on the environment. */
function told<T>(spec: OptionSpec<T>, fallbackText: string): OptionSpec<T> {
  return { ...spec, fallbackText };
}

/** The options of `millrace follower-maze`. */
export const options = {
  "event-port": told(integerOption("where event sources connect; 0 takes a free port", port), "9090"),
  "client-port": told(integerOption("where user clients connect; 0 takes a free port", port), "9099"),
  host: withFallback(textOption("ADDRESS", "the address both ports are opened on"), "127.0.0.1"),
  "max-event-sources": told(integerOption("event sources connected at once", clients), "1"),
  "max-clients": told(integerOption("user clients connected at once", clients), "1000"),
  "gap-timeout": told(durationOrNever("how long a missing event is waited for"), "1s"),
  capacity: withFallback(
    integerOption("events that wait for a missing one; with so many it counts as lost", { min: 1, max: 10_000_000 }),
    100_000,
  ),
  "capacity-bytes": withFallback(
    bytesOption("bytes of events that wait for a missing one", { min: 1024, max: 2 ** 40 }),
    64 * 2 ** 20,
    "64MiB",
  ),
  "slow-client": withFallback(
    choiceOption(["disconnect", "drop-oldest", "block"], "what becomes of a client whose buffer is full"),
    "disconnect",
  ),
  "client-buffer": withFallback(
    bytesOption("bytes kept for a client that does not read", { min: 1024, max: 2 ** 30 }),
    limits.sinkPendingBytesMax,
    "1MiB",
  ),
  "duplicate-client": withFallback(
    choiceOption(["both", "replace", "refuse"], "what becomes of clients with the same user id"),
    "both",
  ),
  durable: textOption(
    "DIR",
    "keep the state in this folder, and act on no event before it is safe there: whatever a client was told is known after a crash",
  ),
  commit: withFallback(durationOption("with --durable: events that come within this time are made safe together"), 20),
  "dead-letters": textOption("FILE", "keep refused lines in this file, with reason, place and bytes"),
  ...pipelineOptions,
} as const;

/** Their values. */
export type FollowerMazeValues = OptionValues<typeof options>;

/** The values that the environment may give, too. */
export interface MazeSettings {
  readonly eventPort: number;
  readonly clientPort: number;
  readonly maxEventSources: number;
  readonly maxClients: number;
  readonly gapTimeoutMs: number | "never";
}

/**
 * What was given as an option, or else by the environment, under the names that the service of this protocol has always had:
 * `eventSourceServerPort`, `userServerPort`, `maxEventSourceClients`, `maxUserClients`, and `eventTimeoutMs` (negative: never).
 * Throws `ML1002` at an environment that cannot be read.
 */
export function settingsOf(
  values: FollowerMazeValues,
  env: Readonly<Record<string, string | undefined>>,
): MazeSettings {
  const number = (name: string, bounds: { readonly min: number; readonly max: number }) => read(env, name, bounds);
  const timeout = number("eventTimeoutMs", { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  const envTimeout = timeout !== undefined && timeout < 0 ? "never" : timeout;
  return {
    eventPort: values["event-port"] ?? number("eventSourceServerPort", port) ?? defaults["event-port"],
    clientPort: values["client-port"] ?? number("userServerPort", port) ?? defaults["client-port"],
    maxEventSources:
      values["max-event-sources"] ?? number("maxEventSourceClients", clients) ?? defaults["max-event-sources"],
    maxClients: values["max-clients"] ?? number("maxUserClients", clients) ?? defaults["max-clients"],
    gapTimeoutMs: values["gap-timeout"] ?? envTimeout ?? defaults["gap-timeout"],
  };
}

function read(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  try {
    return integerOption("", bounds).read([text]);
  } catch (thrown) {
    throw new MillraceError("ML1002", { message: `environment ${name}: ${reasonOf(thrown)}` });
  }
}
