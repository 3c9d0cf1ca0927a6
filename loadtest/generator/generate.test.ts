import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Generated, type GenerateOptions, generate } from "./generate.ts";

const NEVER = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Answers at once, but for some in a row, whom it keeps waiting, as one does that collects garbage. */
class StallingServer {
  readonly #server = createServer((_, answer) => this.#serve(answer));
  readonly #kept: ServerResponse[] = [];
  asked = 0;
  status = 200;
  /** Who comes as one of these is kept, until the last of them is there. */
  stall = NEVER;

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(answer: ServerResponse): void {
    this.asked++;
    const { from, to } = this.stall;
    this.#kept.push(answer);
    if (this.asked >= from && this.asked < to) return;
    for (const one of this.#kept.splice(0)) one.writeHead(this.status).end("ok");
  }
}

describe("the generator", () => {
  const server = new StallingServer();
  let url = "";
  beforeAll(async () => {
    url = await server.open();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.asked = 0;
    server.status = 200;
    server.stall = NEVER;
  });

  const run = (changes: Partial<GenerateOptions>): Promise<Generated> =>
    generate({
      players: "one-request.fixture",
      options: { url },
      arriving: {
        stages: [{ seconds: 3, from: 40, to: 40 }],
        staySeconds: 0,
        atOnceMax: 1_000,
      },
      threads: 1,
      onSecond: () => undefined,
      signal: new AbortController().signal,
      ...changes,
    });

  it("goes on arriving while a server stalls, and shows that all who came meanwhile have waited", async () => {
    // At forty a second they come within two seconds, if they go on coming; then most of those who are answered at once have waited.
    server.stall = { from: 36, to: 116 };
    const { steps } = await run({});
    // Who waits for each answer before the next question would have met the stall once.
    expect(steps.ask?.count).toBe(120);
    expect(steps.arrive?.count).toBe(120);
    const slowSeconds = steps.ask?.p50Ms.filter((ms) => (ms ?? 0) > 300) ?? [];
    expect(slowSeconds.length).toBeGreaterThan(0);
    expect(steps.ask?.all?.p90).toBeGreaterThan(500);
  });

  it("shares the arrivals among threads, merges what they saw, and counts what is not as wanted", async () => {
    server.status = 503;
    const arriving = { stages: [{ seconds: 1, from: 40, to: 40 }], staySeconds: 0, atOnceMax: 99 };
    const { steps, inPlay, seconds } = await run({ threads: 2, arriving });
    expect(server.asked).toBe(40);
    expect(steps.arrive?.count).toBe(40);
    expect(steps.arrive?.perSecond.reduce((a, b) => a + b)).toBe(40);
    expect(steps.arrive?.perSecond).toHaveLength(seconds);
    expect(inPlay).toHaveLength(seconds);
    expect(steps.ask).toMatchObject({ count: 0, errors: { "status 503": 40 } });
  });

  it("counts who comes while too many are there, with a cause of its own", async () => {
    // Nobody has left before the last one came, be the generator late by more than a second.
    const stages = [{ seconds: 0.05, from: 400, to: 400 }];
    const { steps } = await run({ arriving: { stages, staySeconds: 2, atOnceMax: 5 } });
    expect(steps.arrive).toMatchObject({ count: 5, errors: { "too many at once": 15 } });
    expect(server.asked).toBe(5);
  });

  it("ends soon when it is told to", async () => {
    const ending = new AbortController();
    const stages = [{ seconds: 3_600, from: 10, to: 10 }];
    const arriving = { stages, staySeconds: 0, atOnceMax: 10 };
    const onSecond = (): void => ending.abort();
    const { seconds } = await run({ arriving, onSecond, signal: ending.signal });
    expect(seconds).toBeLessThan(60);
  });

  it("lets nobody in any more when it is told that it is enough, and those who are there stay", async () => {
    const enough = new AbortController();
    const stages = [{ seconds: 3_600, from: 10, to: 10 }];
    const onSecond = (): void => enough.abort();
    const asked = { arriving: { stages, staySeconds: 1, atOnceMax: 99 }, onSecond };
    const { steps, inPlay } = await run({ ...asked, enough: enough.signal });
    const { count = 0, errors } = steps.arrive ?? {};
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(600);
    expect(errors).toEqual({});
    expect(steps.ask).toMatchObject({ count, errors: {} });
    expect(inPlay.at(-1)).toBe(0);
  });

  it("fails when a thread does, which is no failure of a server", async () => {
    await expect(run({ players: "nobody.fixture" })).rejects.toThrow(/nobody\.fixture/);
  });
});
