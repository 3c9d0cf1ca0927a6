import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DoorFixture, startedSubject, until } from "./door-fixture.ts";

let fixture: DoorFixture;
let url: string;
let port: number;

beforeEach(async () => {
  fixture = await DoorFixture.open({ callWaitMs: 200, bodyBytesMax: 1024 });
  port = (await fixture.add("one")).http;
  url = `http://127.0.0.1:${port}`;
});
afterEach(() => fixture[Symbol.asyncDispose]());

async function ask(method: string, path: string, body?: string): Promise<[number, unknown]> {
  const response = await fetch(url + path, body === undefined ? { method } : { method, body });
  const text = await response.text();
  return [response.status, text === "" ? "" : JSON.parse(text)];
}

describe("the door's REST", () => {
  it("writes the game server with proto names, 64-bit numbers as strings and nothing left out", async () => {
    expect(await ask("GET", "/gameserver")).toEqual([
      200,
      {
        object_meta: {
          name: "one",
          namespace: "default",
          uid: "uid-of-one",
          resource_version: "1",
          generation: "1",
          creation_timestamp: "1767323045",
          deletion_timestamp: "0",
          annotations: {},
          labels: { "agones.dev/fleet": "arena" },
        },
        spec: {
          health: {
            disabled: false,
            period_seconds: 5,
            failure_threshold: 3,
            initial_delay_seconds: 5,
          },
        },
        status: {
          state: "Scheduled",
          address: "127.0.0.1",
          ports: [{ name: "game", port: 7001 }],
          players: null,
          counters: {},
          lists: {},
          addresses: [],
        },
      },
    ]);
  });

  it.each([
    ["POST", "/ready", "RequestReady"],
    ["POST", "/allocate", "Allocated"],
    ["POST", "/shutdown", "Shutdown"],
  ])("%s %s changes the state, with a body and without", async (method, path, state) => {
    expect(await ask(method, path)).toEqual([200, {}]);
    expect(fixture.state("one")).toBe(state);
    expect(await ask(method, path, "{}")).toEqual([200, {}]);
  });

  it.each([
    ['{"seconds":"30"}', 30],
    ['{"seconds":30}', 30],
    ["{}", 0],
    ['{"seconds":5,"unknown":[1]}', 5],
  ])("takes the reservation %s", async (body, seconds) => {
    expect(await ask("POST", "/reserve", body)).toEqual([200, {}]);
    expect(fixture.link.calls).toMatchObject([{ verb: "reserve", seconds }]);
  });

  it("sets labels and annotations", async () => {
    await ask("PUT", "/metadata/label", '{"key":"mode","value":"duel"}');
    await ask("PUT", "/metadata/annotation", '{"key":"note","value":"a b"}');
    expect(fixture.link.get(startedSubject("one"))?.metadata).toMatchObject({
      labels: { "agones.dev/sdk-mode": "duel" },
      annotations: { "agones.dev/sdk-note": "a b" },
    });
  });

  it.each([
    ["GET", "/nothing", undefined, 404, 5],
    ["GET", "/ready", undefined, 501, 12],
    ["POST", "/ready", "{", 400, 3],
    ["POST", "/ready", "[]", 400, 3],
    ["POST", "/reserve", '{"seconds":"soon"}', 400, 3],
    ["POST", "/reserve", '{"seconds":-1}', 400, 3],
    ["PUT", "/metadata/label", '{"key":1}', 400, 3],
    ["PUT", "/metadata/label", '{"key":"no good","value":"x"}', 400, 3],
    ["POST", "/ready", "x".repeat(2000), 413, 8],
    ["GET", "/v1beta1/counters/none", undefined, 404, 5],
    ["PATCH", "/v1beta1/counters/rooms", "{}", 400, 3],
    ["GET", "/v1beta1/lists/%E0%A4%A", undefined, 400, 3],
    ["POST", "/v1beta1/lists/players:takeValue", "{}", 404, 5],
    ["DELETE", "/v1beta1/lists/players", undefined, 501, 12],
    ["POST", "/alpha/player/connect", "{}", 501, 12],
  ])("%s %s with %s is refused as Agones does", async (method, path, body, status, code) => {
    const [found, answer] = await ask(method, path, body);
    expect([found, answer]).toEqual([status, { code, message: expect.any(String), details: [] }]);
    expect(fixture.link.calls.filter(({ verb }) => verb !== "label")).toEqual([]);
  });

  it("takes a ping with a body, and refuses one without as Agones does: 400 and nothing else", async () => {
    expect(await ask("POST", "/health", "{}")).toEqual([200, {}]);
    expect(await ask("POST", "/health")).toEqual([400, ""]);
  });

  it("says UNAVAILABLE when the control plane stays away", async () => {
    fixture.link.away = true;
    expect(await ask("POST", "/ready")).toMatchObject([503, { code: 14 }]);
  });

  it("streams one line per change and ends when the game server is gone", async () => {
    const response = await fetch(`${url}/watch/gameserver`);
    const lines: string[] = [];
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? [])
        lines.push(...decoder.decode(chunk).split("\n").filter(Boolean));
    })();
    await until(
      () => lines.length,
      (n) => n === 1,
    );
    await ask("POST", "/ready");
    await until(
      () => lines.length,
      (n) => n === 2,
    );
    await fixture.remove("one");
    await reading;
    const states = lines.map((line) => JSON.parse(line).result.status.state);
    expect(states).toEqual(["Scheduled", "RequestReady"]);
  });

  it("listens no longer for a game server that is gone, though it was watched to its end", async () => {
    const key = "GameServer/default/one";
    const response = await fetch(`${url}/watch/gameserver`);
    expect(fixture.link.listeners(key)).toBe(1);
    await fixture.remove("one");
    await response.text();
    await expect.poll(() => fixture.link.listeners(key), { timeout: 10_000 }).toBe(0);
  });

  it("refuses the seventeenth watcher, and takes another when one has gone", async () => {
    const stop = new AbortController();
    const watching = Array.from({ length: 16 }, (_, i) =>
      fetch(`${url}/watch/gameserver`, i === 0 ? { signal: stop.signal } : {}),
    );
    await Promise.all(watching);
    expect((await ask("GET", "/watch/gameserver"))[0]).toBe(429);
    stop.abort();
    const again = async (): Promise<number> => {
      const response = await fetch(`${url}/watch/gameserver`);
      if (response.status !== 200) await response.body?.cancel();
      return response.status;
    };
    let status = 429;
    for (let tries = 0; tries < 200 && status === 429; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      status = await again();
    }
    expect(status).toBe(200);
  });

  it("goes on after requests that are no HTTP", async () => {
    for (const garbage of [
      "\0\0\0",
      "GET\r\n\r\n",
      `POST /ready HTTP/1.1\r\ncontent-length: 9e9\r\n\r\n`,
    ]) {
      const socket = connect(port, "127.0.0.1");
      socket.end(garbage);
      await new Promise((resolve) =>
        socket
          .on("close", resolve)
          .on("error", () => undefined)
          .resume(),
      );
    }
    expect((await ask("POST", "/ready"))[0]).toBe(200);
  });
});
