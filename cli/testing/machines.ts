import { expect } from "vitest";
import { pathOf } from "../api-client.ts";
import { RemoteMachine } from "../e2e/remote-machine.ts";
import { JoinedMachine } from "./joined-machine.ts";
import { TestInstance } from "./test-instance.ts";

interface Server {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly state: string;
    readonly nodeName: string;
    readonly reason?: string;
    readonly message?: string;
    readonly container?: { readonly pid?: number };
  };
}
interface Node {
  readonly metadata: { readonly name: string };
  readonly status: { readonly ready: boolean; readonly lost?: boolean };
}
/** Says that it is ready, as often as it takes: the door of a machine that has just started may not be open yet. */
const GAME =
  "until busybox wget -q -O- --post-data '{}' http://127.0.0.1:9358/ready; do busybox sleep 0.2; done; " +
  "exec busybox sleep 1000";
const WITHIN = { timeout: 60_000, interval: 100 };

/**
 * For tests: a control plane with its own node `home`, and the machines `vm-1` (zone a) and `vm-2` (zone b) that joined it
 * over TLS; the second is on the other end of a cable. Each takes `part` of the address and port ranges.
 */
export class Machines implements AsyncDisposable {
  readonly home: TestInstance;
  readonly vm1: JoinedMachine;
  readonly vm2: JoinedMachine;
  readonly remote: RemoteMachine;
  readonly #opened: AsyncDisposableStack;

  private constructor(
    home: TestInstance,
    vm1: JoinedMachine,
    vm2: JoinedMachine,
    remote: RemoteMachine,
    opened: AsyncDisposableStack,
  ) {
    this.#opened = opened;
    this.home = home;
    this.vm1 = vm1;
    this.vm2 = vm2;
    this.remote = remote;
  }

  static async start(part: number, flags: readonly string[]): Promise<Machines> {
    await using opened = new AsyncDisposableStack();
    const remote = opened.use(await RemoteMachine.open());
    const home = opened.use(
      await TestInstance.start({
        images: ["examples/red-blue/image.yaml"],
        flags: [
          ...["--node", "home", "--tls-listen", `${remote.hostAddress}:8701`],
          ...["--pool", `10.${part}.0.0/18`, "--port-range", portsOf(part, 0)],
          ...flags,
        ],
      }),
    );
    const join = async (node: string, at: number, more: readonly string[], prefix?: string[]) => {
      const line = await home.mustCli("node", "token", "--expires", "5m");
      const form = /^FLOTILLA_JOIN_TOKEN=(\S+) .* --api (https:\S+)$/m;
      const [, joinToken = "", api = ""] = form.exec(line) ?? [];
      const pool = `10.${part}.${64 * at}.0/18`;
      const portRange = portsOf(part, at);
      const settings = { node, api, joinToken, pool, portRange, flags: more };
      return opened.use(await JoinedMachine.start({ ...settings, prefix: prefix ?? [] }));
    };
    // Nothing is built there: what they run comes over the link.
    const vm1 = await join("vm-1", 1, ["--labels", "zone=a"]);
    const vm2 = await join(
      "vm-2",
      2,
      ["--labels", "zone=b", "--reserve", "cpu=500m"],
      remote.argv("env"),
    );
    return new Machines(home, vm1, vm2, remote, opened.move());
  }

  async servers(fleet: string): Promise<readonly Server[]> {
    const path = pathOf({ kind: "GameServer", namespace: "default" });
    const selector = encodeURIComponent(`agones.dev/fleet=${fleet}`);
    const { body } = await this.home.request("GET", `${path}?labelSelector=${selector}`);
    return (body as { readonly items: readonly Server[] }).items;
  }

  /** Waits until a fleet's servers are so: `vm-1 Ready`; without a node: ` PortAllocation`. */
  async fleetBecomes(fleet: string, ...expected: readonly string[]): Promise<void> {
    const states = async (): Promise<readonly string[]> =>
      (await this.servers(fleet)).map(({ status }) => `${status.nodeName} ${status.state}`).sort();
    await expect.poll(states, { ...WITHIN, message: this.#said() }).toEqual(expected);
  }

  /** Waits until the nodes are so: `vm-1 Lost`. */
  async nodesBecome(...expected: readonly string[]): Promise<void> {
    const states = async (): Promise<readonly string[]> => {
      const { body } = await this.home.request("GET", pathOf({ kind: "Node" }));
      const { items } = body as { readonly items: readonly Node[] };
      return items.map((node) => `${node.metadata.name} ${stageOf(node)}`).sort();
    };
    await expect.poll(states, { ...WITHIN, message: this.#said() }).toEqual(expected);
  }

  /** A fleet whose game says that it is ready, and no more. */
  async create(name: string, replicas: number, pod: object, policy?: string): Promise<void> {
    const resources = { requests: { cpu: "10m", memory: "8Mi" }, limits: { memory: "64Mi" } };
    const command = ["busybox", "sh", "-c", GAME];
    const container = { name: "game", image: "red-blue", command, resources };
    const inner = { containers: [container], terminationGracePeriodSeconds: 0, ...pod };
    const ports = [{ name: "game", containerPort: 7654 }];
    const spec = { ports, health: { disabled: true }, template: { spec: inner } };
    const metadata = policy ? { annotations: { "flotilla.dev/node-loss": policy } } : {};
    const fleet = { replicas, scheduling: "Distributed", template: { metadata, spec } };
    const path = pathOf({ kind: "Fleet", namespace: "default" });
    const body = { apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name }, spec: fleet };
    expect((await this.home.request("POST", path, body)).status).toBe(201);
  }

  async remove(fleet: string): Promise<void> {
    const path = pathOf({ kind: "Fleet", namespace: "default", name: fleet });
    expect((await this.home.request("DELETE", path)).status).toBe(200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The cable last, since the second machine leaves through it; also when one of them cannot leave.
    await this.#opened.disposeAsync();
  }

  /** What the agents have complained of, for the message of a failure. */
  #said(): string {
    const lines = `${this.vm1.said}\n${this.vm2.said}`.split("\n");
    return lines.filter((line) => /error|warn/i.test(line)).join("\n");
  }
}

function stageOf({ status }: Node): string {
  return status.ready ? "Ready" : status.lost ? "Lost" : "NotReady";
}

/** Ten host ports of a machine's own. */
function portsOf(part: number, at: number): string {
  const first = 10_000 + 40 * part + 10 * at;
  return `${first}-${first + 9}`;
}
