import type { Connection } from "@platformatic/kafka";
import type { Lane } from "./connections.ts";

/** A protocol call of the package, as a promise. */
export interface Call<Args extends unknown[], Response> {
  async(connection: Connection, ...args: Args): Promise<Response>;
}

/** Makes a call over the right connection; what it throws is a {@link KafkaFailure}. */
export type MakeCall = <Args extends unknown[], Response>(
  node: number | undefined,
  lane: Lane,
  call: Call<Args, Response>,
  ...args: Args
) => Promise<Response>;
