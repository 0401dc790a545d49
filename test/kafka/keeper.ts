/**
 * Keeps one broker for all processes of a test run: `node keeper.ts FOLDER PID`. Writes `FOLDER/address`, or
 * `FOLDER/failure`, and ends with the process PID, the broker and the folder with it.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startBroker } from "../../tools/kafka/broker.ts";
import { endWithProcess } from "../../tools/kafka/end-with-parent.ts";

const [folder = "", pid = ""] = process.argv.slice(2);

function tell(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

let orphaned = false;
let stop = () => {
  orphaned = true;
};
endWithProcess(Number(pid), () => stop());
try {
  const broker = await startBroker({ quick: true });
  stop = () => void broker.kill();
  if (orphaned) stop();
  tell("address", broker.brokers);
  await broker.ended;
} catch (error) {
  tell("failure", error instanceof Error ? error.message : String(error));
  await new Promise<void>((resolve) => {
    stop = resolve;
    if (orphaned) resolve();
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
