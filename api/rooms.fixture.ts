import { Agent, request } from "node:http";
import type { ApiHarness } from "./api.fixture.ts";

const POD = { spec: { containers: [{ name: "game", image: "arena" }] } };
const PORTS = [{ name: "game", containerPort: 7654 }];

/** The spec of game servers that take so many rooms, and players. */
export function roomSpec(rooms: number, players?: number): object {
  return {
    ports: PORTS,
    counters: { rooms: { count: 0, capacity: rooms } },
    ...(players === undefined ? {} : { lists: { players: { capacity: players } } }),
    template: POD,
  };
}

/** A fleet with so many Ready game servers, `<name>-0` on. */
export async function fleetOf(
  { put }: ApiHarness,
  name: string,
  servers: number,
  spec: object,
): Promise<void> {
  await put("Fleet", { metadata: { name }, spec: { replicas: servers, template: { spec } } });
  const labels = { "agones.dev/fleet": name };
  await Promise.all(
    Array.from({ length: servers }, (_, i) =>
      put(
        "GameServer",
        { metadata: { name: `${name}-${i}`, labels }, spec },
        {
          ...{ state: "Ready", nodeName: `node-${i % 7}`, address: "127.0.0.1" },
          ports: [{ name: "game", port: 7_000 + i }],
        },
      ),
    ),
  );
}

export interface Told {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  readonly body: any;
}
/** Many requests over few connections: what a load needs, and `fetch` does too slowly. */
export class ManyRequests implements Disposable {
  readonly #agent: Agent;
  readonly #api: ApiHarness;

  constructor(api: ApiHarness, connections: number) {
    this.#api = api;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  send(method: string, path: string, body?: object, headers: object = {}): Promise<Told> {
    const { url, tokens } = this.#api;
    const text = body === undefined ? "" : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        url + path,
        {
          method,
          agent: this.#agent,
          headers: {
            authorization: `Bearer ${tokens.allocate}`,
            ...(text === "" ? {} : { "content-type": "application/json" }),
            "content-length": Buffer.byteLength(text),
            ...headers,
          },
        },
        (response) => {
          let answer = "";
          response.setEncoding("utf8");
          response.on("data", (part: string) => {
            answer += part;
          });
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(text);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** Does `act` for each number below `count`, so many at once. */
export async function inParallel(
  count: number,
  atOnce: number,
  act: (i: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await act(i);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
