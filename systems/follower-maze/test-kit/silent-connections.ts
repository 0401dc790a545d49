// Opens connections that never send anything, as many as are asked for or the machine allows, prints how many, and keeps
// them until it is ended.
import { connect } from "node:net";

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const atOnce = 500;

/** Whether it was connected; the server may have ended it by now. */
function opened(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.resume();
  });
}

let connected = 0;
for (let asked = 0; asked < count; asked += atOnce) {
  const wave = await Promise.all(Array.from({ length: Math.min(atOnce, count - asked) }, opened));
  connected += wave.filter((is) => is).length;
}
process.stdout.write(`${connected}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit());
