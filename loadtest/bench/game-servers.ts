import type { GameServer } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import type { FlotillaUp, WatchEvent } from "./flotilla-up.ts";

const PATH = "/apis/agones.dev/v1/namespaces/default/gameservers";
const WITHIN_MS = 60_000;

type Waiting = { readonly isThere: () => boolean; readonly resolve: () => void };

/** The arena's game servers of one instance, and when a watch saw each of their states. */
export class GameServers {
  readonly #up: FlotillaUp;
  /** For each, when each state was first seen, as `performance.now()` tells it. */
  readonly #seen = new Map<string, Map<string, number>>();
  readonly #waiting = new Set<Waiting>();

  private constructor(up: FlotillaUp) {
    this.#up = up;
  }

  /** Those with these labels, or all of them. */
  static async watch(up: FlotillaUp, labels: string = ""): Promise<GameServers & Disposable> {
    const servers = new GameServers(up);
    const path = labels === "" ? PATH : `${PATH}?labelSelector=${encodeURIComponent(labels)}`;
    const watch = await up.watch<GameServer>(path, (event) => servers.#see(event));
    return Object.assign(servers, { [Symbol.dispose]: () => watch[Symbol.dispose]() });
  }

  async create(name: string): Promise<void> {
    const metadata = { name };
    const kind = { apiVersion: "agones.dev/v1", kind: "GameServer" };
    await this.#up.request("POST", PATH, { ...kind, metadata, spec: ARENA });
  }

  async delete(name: string): Promise<void> {
    await this.#up.request("DELETE", `${PATH}/${name}`);
  }

  /** When it was first seen so; waits for it. */
  async state(name: string, state: GameServerState | "gone"): Promise<number> {
    await this.until(`${name} to be ${state}`, () => this.at(name, state) !== undefined);
    return this.at(name, state) ?? 0;
  }

  at(name: string, state: GameServerState | "gone"): number | undefined {
    return this.#seen.get(name)?.get(state);
  }

  /** Names of all that are in this state or were, but for those that are gone. */
  seen(state: GameServerState): string[] {
    return [...this.#seen]
      .filter(([, at]) => at.has(state) && !at.has("gone"))
      .map(([name]) => name);
  }

  async until(what: string, isThere: () => boolean): Promise<void> {
    if (isThere()) return;
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => reject(new Error(`waited in vain for ${what}\n${this.#story()}`));
      const late = setTimeout(giveUp, WITHIN_MS);
      const waiting = {
        isThere,
        resolve: () => {
          clearTimeout(late);
          this.#waiting.delete(waiting);
          resolve();
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /** The states of all that are there, in the order in which they were seen. */
  #story(): string {
    const there = [...this.#seen].filter(([, at]) => !at.has("gone"));
    return there.map(([name, at]) => `${name}: ${[...at.keys()].join(", ")}`).join("\n");
  }

  #see({ type, object }: WatchEvent<GameServer>): void {
    if (type === "BOOKMARK" || type === "ERROR") return;
    const { name } = object.metadata;
    const seen = this.#seen.get(name) ?? new Map<string, number>();
    this.#seen.set(name, seen);
    const state = type === "DELETED" ? "gone" : object.status.state;
    if (!seen.has(state)) seen.set(state, performance.now());
    for (const waiting of this.#waiting) if (waiting.isThere()) waiting.resolve();
  }
}

/** The arena as the demo runs it. */
export const ARENA: object = {
  ports: [
    { name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 },
    { name: "udp", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7655 },
  ],
  health: { initialDelaySeconds: 10, periodSeconds: 5, failureThreshold: 3 },
  template: {
    spec: {
      containers: [
        {
          name: "arena",
          image: "arena",
          resources: {
            limits: { cpu: "500m", memory: "256Mi" },
            requests: { cpu: 0, memory: 0 },
          },
        },
      ],
    },
  },
};
