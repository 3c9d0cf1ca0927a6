import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between a client and a server, and breaks a connection between a command and its answer when told to. */
export class LossyProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #command: string | undefined;
  /** Answers lost so far. */
  lost = 0;

  private constructor(target: URL) {
    this.#server = createServer((client) => this.#join(client, target));
  }

  static async open(target: URL): Promise<LossyProxy> {
    const proxy = new LossyProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The server does what the next such command asks for, and nobody hears of it. */
  loseAnswerTo(command: string): void {
    this.#command = command;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket, target: URL): void {
    const server = connect(Number(target.port), target.hostname);
    const both = [client, server];
    let isLost = false;
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        for (const one of both) one.destroy();
      });
    }
    client.on("data", (chunk) => {
      // A command's name is the first member of its document, hence near the start.
      if (this.#command && chunk.subarray(0, 64).includes(`${this.#command}\0`)) {
        this.#command = undefined;
        isLost = true;
      }
      server.write(chunk);
    });
    server.on("data", (chunk) => {
      if (!isLost) return void client.write(chunk);
      this.lost += 1;
      client.destroy();
    });
  }
}
