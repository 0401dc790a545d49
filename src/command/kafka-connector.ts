import { MillraceError } from "../core/errors.ts";
import { weighBuffersWithHeap } from "./heap-growth.ts";

/**
 * The Kafka connector (`millrace/kafka`), loaded when a command needs it: other commands start without it, and the package
 * it stands on need not be installed for them. Rejects with `ML1002`, naming the command that installs it.
 */
export async function kafkaConnector() {
  weighBuffersWithHeap();
  try {
    return await import("../distributed/index.ts");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const message =
      "kafka:// needs the package @platformatic/kafka, which is not installed: npm install @platformatic/kafka";
    throw new MillraceError("ML1002", { message, cause });
  }
}
