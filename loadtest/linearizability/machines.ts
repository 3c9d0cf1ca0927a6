import { FakeAgents } from "../bench/fake-agents.ts";
import { type KilledServer, pause } from "./killed-server.ts";

const WITHIN_MS = 60_000;
const AGAIN_MS = 20;
const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";

/** The fleets of the histories, on a machine without containers. */
export class Machines implements AsyncDisposable {
  readonly #server: KilledServer;
  readonly #agents: FakeAgents;
  #servers = 0;
  #calls = 0;

  constructor(server: KilledServer) {
    this.#server = server;
    const { url } = server.now;
    const token = server.now.token("agent");
    this.#agents = new FakeAgents({ url, token, nodes: 1, returnAfterMs: 0 });
  }

  async addFleet(name: string, replicas: number, more: object): Promise<void> {
    const containers = [{ name: "game", image: "bench:1" }];
    const template = { spec: { ...more, template: { spec: { containers } } } };
    this.#servers += replicas;
    await this.#server.now.post(FLEETS, {
      ...{ apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name } },
      spec: { replicas, scheduling: "Distributed", template },
    });
  }

  namesOf(fleet: string): string[] {
    return this.#agents.names.filter((name) => name.startsWith(`${fleet}-`));
  }

  /** Gives everything back, also what clients had that never came back. */
  async allReady(): Promise<void> {
    const end = performance.now() + WITHIN_MS;
    while (this.#agents.ready < this.#servers) {
      if (performance.now() > end) throw new Error("the servers do not become Ready");
      this.#agents.returnAll();
      await pause(AGAIN_MS);
    }
  }

  /** A server calls Ready until that is answered: one call, done once, however often it is sent. */
  async giveBack(name: string): Promise<void> {
    this.#calls += 1;
    const id = `history-${this.#calls}`;
    while (!(await this.#agents.sdk(name, { verb: "ready" }, id).catch(() => false)))
      await pause(AGAIN_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agents[Symbol.asyncDispose]();
  }
}
