import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FleetAutoscaleReview } from "../decide/autoscale/webhook.ts";

type Handle = (review: FleetAutoscaleReview, response: ServerResponse, path: string) => void;

/** A program of a user that says how many servers a fleet is to have, over HTTP. */
export class WebhookProgram implements AsyncDisposable {
  /** What it was asked. */
  readonly asked: FleetAutoscaleReview[] = [];
  readonly types: (string | undefined)[] = [];
  readonly #server: Server;

  private constructor(handle: Handle) {
    this.#server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      const review: FleetAutoscaleReview = JSON.parse(text);
      this.asked.push(review);
      this.types.push(request.headers["content-type"]);
      handle(review, response, request.url ?? "");
    });
  }

  static async start(handle: Handle): Promise<WebhookProgram> {
    const program = new WebhookProgram(handle);
    program.#server.listen(0, "127.0.0.1");
    await once(program.#server, "listening");
    return program;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/scale`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** An answer that says a number. */
export function wants(replicas: number, scale = true): string {
  return JSON.stringify({ response: { uid: "x", scale, replicas } });
}
