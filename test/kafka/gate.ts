import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../../tools/kafka/free-port.ts";

/** An address in front of a broker at which nobody is until it is opened: what is asked there is passed on from then on. */
export class Gate {
  readonly address: string;
  readonly #port: number;
  readonly #broker: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(port: number, broker: string) {
    this.address = `127.0.0.1:${port}`;
    this.#port = port;
    this.#broker = new URL(`tcp://${broker}`);
  }

  /** In front of `HOST:PORT`. */
  static async make(broker: string): Promise<Gate> {
    return new Gate(await freePort(), broker);
  }

  open(): Promise<void> {
    this.#server = createServer((inside) => {
      const outside = connect(Number(this.#broker.port), this.#broker.hostname);
      inside.pipe(outside).pipe(inside);
      for (const socket of [inside, outside]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
      }
    });
    return new Promise((resolve, reject) => {
      this.#server!.once("error", reject).listen(this.#port, "127.0.0.1", resolve);
    });
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
