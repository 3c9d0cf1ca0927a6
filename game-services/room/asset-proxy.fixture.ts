import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What goes wrong with every request until it is said otherwise. */
export type AssetFault = "cut" | "500" | "nonsense" | "401";

/** For tests: stands before the real asset service, writes down what it is asked for, and fails on demand. */
export class AssetProxy implements AsyncDisposable {
  readonly asked: { readonly ids: readonly string[]; readonly token: string }[] = [];
  fault: AssetFault | undefined;
  readonly #server: Server;

  private constructor(server: Server, target: string) {
    this.#server = server;
    server.on("request", (request, response) => void this.#serve(request, response, target));
  }

  static async open(target: string): Promise<AssetProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new AssetProxy(server, target);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse, target: string): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    if (this.fault === "cut") return void request.socket.destroy();
    const body = Buffer.concat(parts).toString();
    const { method = "", headers, url = "" } = request;
    const authorization = String(headers.authorization);
    this.asked.push({ ids: JSON.parse(body).ids, token: authorization.replace("Bearer ", "") });
    const wrong = this.fault && WRONG[this.fault];
    const sent = { authorization, "content-type": "application/json" };
    const answer = wrong ? undefined : await fetch(target + url, { method, headers: sent, body });
    response.statusCode = answer?.status ?? wrong?.status ?? 500;
    response.setHeader("content-type", "application/json");
    response.end(await (answer?.text() ?? JSON.stringify(wrong?.body)));
  }
}

const WRONG: Readonly<Record<AssetFault, { readonly status: number; readonly body: object }>> = {
  cut: { status: 0, body: {} },
  "500": { status: 500, body: { code: 0, message: "something went wrong inside" } },
  "401": { status: 401, body: { code: 0, message: "token invalid" } },
  nonsense: { status: 200, body: { code: 1, message: { items: "a1" } } },
};
