import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathOf } from "../api-client.ts";
import { JoinedMachine } from "../testing/joined-machine.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { RemoteMachine } from "./remote-machine.ts";

interface Server {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly state: string;
    readonly nodeName: string;
    readonly reason?: string;
    readonly message?: string;
  };
}
const GAME = "busybox wget -q -O- --post-data '{}' http://127.0.0.1:9358/ready && exec sleep 1000";
const LOST_AFTER_S = 5;

/** A fleet whose game says that it is ready, and no more. */
function fleet(
  name: string,
  replicas: number,
  more: object = {},
  annotations: object = {},
): object {
  const resources = { requests: { cpu: "10m", memory: "8Mi" }, limits: { memory: "64Mi" } };
  const command = ["busybox", "sh", "-c", GAME];
  const container = { name: "game", image: "red-blue", command, resources };
  const pod = { containers: [container], terminationGracePeriodSeconds: 0, ...more };
  const spec = { ports: [{ name: "game", containerPort: 7654 }], health: { disabled: true } };
  return {
    apiVersion: "agones.dev/v1",
    kind: "Fleet",
    metadata: { name },
    spec: {
      replicas,
      scheduling: "Distributed",
      template: { metadata: { annotations }, spec: { ...spec, template: { spec: pod } } },
    },
  };
}

describe("a fleet on several machines", () => {
  let remote: RemoteMachine;
  let home: TestInstance;
  let vm1: JoinedMachine;
  let vm2: JoinedMachine;

  const servers = async (name: string): Promise<readonly Server[]> => {
    const path = pathOf({ kind: "GameServer", namespace: "default" });
    const { body } = await home.request(
      "GET",
      `${path}?labelSelector=${encodeURIComponent(`agones.dev/fleet=${name}`)}`,
    );
    return (body as { readonly items: readonly Server[] }).items;
  };
  /** The states of a fleet's servers, by node: `vm-1 Ready`. */
  const states = async (name: string): Promise<readonly string[]> =>
    (await servers(name)).map(({ status }) => `${status.nodeName} ${status.state}`).sort();
  const becomes = (name: string, expected: readonly string[]): Promise<void> =>
    expect.poll(() => states(name), { timeout: 20_000, interval: 100 }).toEqual(expected);
  const nodeState = async (): Promise<string> => {
    const table = await home.mustCli("get", "nodes");
    return table.replaceAll(/^(\S+) +(\S+).*$/gm, "$1 $2");
  };
  const create = async (object: object): Promise<void> => {
    const path = pathOf({ kind: "Fleet", namespace: "default" });
    expect((await home.request("POST", path, object)).status).toBe(201);
  };
  const joinAs = async (
    node: string,
    at: number,
    flags: readonly string[],
    prefix: readonly string[] = [],
  ): Promise<JoinedMachine> => {
    const line = await home.mustCli("node", "token", "--expires", "5m");
    const [, joinToken = "", api = ""] =
      /^FLOTILLA_JOIN_TOKEN=(\S+) .* --api (https:\S+)$/m.exec(line) ?? [];
    const pool = `10.${at}.0.0/16`;
    const portRange = `17${at}0-17${at}9`;
    return await JoinedMachine.start({ node, api, joinToken, pool, portRange, flags, prefix });
  };

  beforeAll(async () => {
    remote = await RemoteMachine.open();
    home = await TestInstance.start({
      images: ["examples/red-blue/image.yaml"],
      flags: [
        ...["--node", "home", "--node-lost-after", String(LOST_AFTER_S)],
        ...["--port-range", "17880-17889", "--pool", "10.88.0.0/16"],
        ...["--tls-listen", `${remote.hostAddress}:8701`],
      ],
    });
    // Nothing is built there: what they run comes over the link. The second is on the other end of a cable.
    vm1 = await joinAs("vm-1", 89, ["--labels", "zone=a"]);
    vm2 = await joinAs(
      "vm-2",
      90,
      ["--labels", "zone=b", "--reserve", "cpu=500m"],
      remote.argv("env"),
    );
  }, 60_000);
  afterAll(async () => {
    await vm2?.[Symbol.asyncDispose]();
    await vm1?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await remote?.[Symbol.asyncDispose]();
  }, 60_000);

  it("spreads over machines that joined, which fetch the image by its digest", async () => {
    await expect.poll(nodeState, { timeout: 20_000 }).toMatch(/home Ready\nvm-1 Ready\nvm-2 Ready/);
    await home.mustCli("cordon", "home");
    await create(fleet("spread", 4));
    await becomes("spread", ["vm-1 Ready", "vm-1 Ready", "vm-2 Ready", "vm-2 Ready"]);
    const blobs = async (state: string): Promise<readonly string[]> =>
      (await readdir(join(state, "images", "blobs", "sha256"))).sort();
    expect(await blobs(vm1.state)).toEqual(await blobs(home.state));
    const { mode } = await stat(join(vm1.state, "node.token"));
    expect(mode & 0o777).toBe(0o600);
    const authority = await readFile(join(home.state, "authority.pem"), "utf8");
    expect(await readFile(join(vm2.state, "ca.pem"), "utf8")).toBe(authority);
    const table = await home.mustCli("get", "nodes", "-o", "wide");
    expect(table).toMatch(/^home +Ready,SchedulingDisabled /m);
    expect(table).toMatch(/^vm-1 +Ready .* 2 +20m\/\S+ .* zone=a /m);
  });

  it("is told why there is no place", async () => {
    await create(fleet("picky", 1, { nodeSelector: { zone: "c" } }));
    await expect
      .poll(async () => (await servers("picky"))[0]?.status.message, { timeout: 10_000 })
      .toBe("home: cordoned; vm-1, vm-2: label zone is not c");
    await home.mustCli("delete", "fleet", "picky");
  });

  it("leaves a machine that drains, but for what players hold", async () => {
    await create(fleet("drained", 2, { nodeSelector: { zone: "a" } }));
    await becomes("drained", ["vm-1 Ready", "vm-1 Ready"]);
    await home.mustCli("allocate", "drained");
    await home.mustCli("drain", "vm-1");
    await becomes("drained", [" PortAllocation", "vm-1 Allocated"]);
    await becomes("spread", ["vm-2 Ready", "vm-2 Ready", "vm-2 Ready", "vm-2 Ready"]);
    expect(await nodeState()).toMatch(/^vm-1 Ready,Draining$/m);
    await home.mustCli("drain", "vm-1", "--deadline", "1s");
    await becomes("drained", [" PortAllocation", " PortAllocation"]);
    await expect.poll(nodeState, { timeout: 10_000 }).toMatch(/^vm-1 Ready,Drained$/m);
    await home.mustCli("delete", "fleet", "drained");
    await home.mustCli("uncordon", "vm-1");
  });

  it("follows its policy when a machine is lost, and nothing is doubled when that is back", async () => {
    await home.mustCli("scale", "fleet", "spread", "--replicas", "0");
    await becomes("spread", []);
    const onVm2 = { nodeSelector: { zone: "b" } };
    await create(fleet("moved", 2));
    await create(fleet("kept", 1, onVm2, { "flotilla.dev/node-loss": "keep" }));
    await create(fleet("held", 1, onVm2));
    await becomes("moved", ["vm-1 Ready", "vm-2 Ready"]);
    await becomes("kept", ["vm-2 Ready"]);
    await becomes("held", ["vm-2 Ready"]);
    const [kept] = await servers("kept");
    await home.mustCli("allocate", "held");
    await vm2.endAgent("SIGKILL");
    // Silent: what is there is not handed out any more.
    await becomes("kept", ["vm-2 RequestReady"]);
    expect(await nodeState()).toMatch(/^vm-2 (NotReady|Lost)$/m);
    expect((await home.cli("allocate", "kept")).code).not.toBe(0);
    await expect.poll(nodeState, { timeout: 15_000 }).toMatch(/^vm-2 Lost$/m);
    await becomes("moved", ["vm-1 Ready", "vm-1 Ready", "vm-2 Unhealthy"]);
    const [held] = await servers("held");
    expect(held?.status).toMatchObject({ state: "Allocated", reason: "NodeLost" });
    vm2.startAgent();
    await becomes("moved", ["vm-1 Ready", "vm-1 Ready"]);
    await becomes("kept", ["vm-2 Ready"]);
    expect((await servers("kept"))[0]?.metadata.uid).toBe(kept?.metadata.uid);
    await expect
      .poll(async () => (await servers("held"))[0]?.status.reason, { timeout: 10_000 })
      .toBeUndefined();
    expect(await states("held")).toEqual(["vm-2 Allocated"]);
    expect((await home.mustCli("get", "nodes")).match(/ Ready/g)).toHaveLength(3);
  });
});
