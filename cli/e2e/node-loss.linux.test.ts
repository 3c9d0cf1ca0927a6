import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Machines } from "../testing/machines.ts";

const LOST_AFTER_S = 8;
const SOON = { timeout: 30_000, interval: 100 };
const ZONE_B = { nodeSelector: { zone: "b" } };

describe("a machine that falls silent", () => {
  let machines: Machines;
  beforeAll(async () => {
    machines = await Machines.start(192, ["--node-lost-after", String(LOST_AFTER_S)]);
    await machines.home.mustCli("cordon", "home");
  });
  afterAll(() => machines?.[Symbol.asyncDispose]());

  it("is lost after a while; each fleet follows its policy, and nothing is doubled when it is back", async () => {
    const { home, vm2 } = machines;
    await machines.nodesBecome("home Ready", "vm-1 Ready", "vm-2 Ready");
    await machines.create("held", 1, ZONE_B);
    await machines.create("kept", 1, ZONE_B, "keep");
    await machines.fleetBecomes("held", "vm-2 Ready");
    await machines.fleetBecomes("kept", "vm-2 Ready");
    await home.mustCli("allocate", "held");
    // It could be on both, and is on the second for now.
    await home.mustCli("cordon", "vm-1");
    await machines.create("moved", 1, {});
    await machines.fleetBecomes("moved", "vm-2 Ready");
    await home.mustCli("uncordon", "vm-1");
    const [kept] = await machines.servers("kept");

    await vm2.endAgent("SIGKILL");
    // Silent: what is free there is not handed out any more.
    await machines.fleetBecomes("kept", "vm-2 RequestReady");
    expect((await home.cli("allocate", "kept")).code).not.toBe(0);
    await machines.nodesBecome("home Ready", "vm-1 Ready", "vm-2 Lost");
    await machines.fleetBecomes("moved", "vm-1 Ready", "vm-2 Unhealthy");
    const held = async () => (await machines.servers("held"))[0]?.status;
    await expect.poll(held, SOON).toMatchObject({ state: "Allocated", reason: "NodeLost" });

    vm2.startAgent();
    await machines.fleetBecomes("moved", "vm-1 Ready");
    await machines.fleetBecomes("kept", "vm-2 Ready");
    expect((await machines.servers("kept"))[0]?.metadata.uid).toBe(kept?.metadata.uid);
    await expect.poll(async () => (await held())?.reason, SOON).toBeUndefined();
    await machines.fleetBecomes("held", "vm-2 Allocated");
  });

  it("ends game servers by itself when their fleet wants that; a deleted Node is forgotten", async () => {
    const { home, vm2, remote } = machines;
    await machines.create("stopped", 1, ZONE_B, "stop");
    await machines.fleetBecomes("stopped", "vm-2 Ready");
    const [ready] = await machines.servers("stopped");
    const isThere = (): boolean => existsSync(`/proc/${ready?.status.container?.pid}`);
    expect(isThere()).toBe(true);
    await remote.cable("down");
    await expect.poll(isThere, { timeout: 60_000 }).toBe(false);
    await machines.fleetBecomes("stopped", " PortAllocation", "vm-2 Unhealthy");
    await machines.fleetBecomes("held", "vm-2 Allocated");
    await remote.cable("up");
    await machines.fleetBecomes("stopped", "vm-2 Ready");
    expect((await machines.servers("stopped"))[0]?.metadata.uid).not.toBe(ready?.metadata.uid);
    await vm2.endAgent("SIGKILL");
    await home.mustCli("delete", "node", "vm-2");
    await machines.fleetBecomes("held", " PortAllocation");
    await machines.nodesBecome("home Ready", "vm-1 Ready");
  });
});
