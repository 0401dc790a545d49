/** Runs a task of the tests as a process of its own that writes a dot to stdout for every 20 records: SETUP as JSON. */
import { startTask, type TaskSetup } from "./task-kit.ts";

const setup = JSON.parse(process.argv[2]!) as TaskSetup;
let records = 0;
const { ended } = await startTask({
  ...setup,
  onRecord: () => {
    if (++records % 20 === 0) process.stdout.write(".");
  },
});
await ended;
