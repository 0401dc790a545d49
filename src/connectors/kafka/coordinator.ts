import type { KafkaClient } from "./client/kafka-client.ts";
import { failedWith } from "./client/kafka-failure.ts";
import { type Patience, retrying } from "./retrying.ts";

/** The node that keeps the books of a group or of a transactional id: asked for when needed, and again when it has moved. */
export class Coordinator {
  readonly #client: KafkaClient;
  readonly #kind: "group" | "transaction";
  readonly #key: string;
  #node: number | undefined;

  constructor(client: KafkaClient, kind: "group" | "transaction", key: string) {
    this.#client = client;
    this.#kind = kind;
    this.#key = key;
  }

  /** Does `work` with the coordinator's node, again while it may help. */
  call<T>(work: (node: number) => Promise<T>, patience: Patience): Promise<T> {
    return retrying(() => this.once(work), patience);
  }

  /** Does `work` with the coordinator's node once; after a failure that tells of a move it is looked for anew. */
  async once<T>(work: (node: number) => Promise<T>): Promise<T> {
    try {
      this.#node ??= await this.#client.coordinator(this.#kind, this.#key);
      return await work(this.#node);
    } catch (thrown) {
      const moved = ["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "NETWORK", "BROKER_NOT_AVAILABLE"];
      if (failedWith(thrown, ...moved)) this.#node = undefined;
      throw thrown;
    }
  }
}
