import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Machines } from "../testing/machines.ts";

const SOON = { timeout: 30_000 };

describe("a fleet on several machines", () => {
  let machines: Machines;
  beforeAll(async () => {
    machines = await Machines.start(188, []);
  });
  afterAll(() => machines?.[Symbol.asyncDispose]());

  it("spreads over machines that joined, which fetch the image by its digest", async () => {
    const { home, vm1, vm2 } = machines;
    await machines.nodesBecome("home Ready", "vm-1 Ready", "vm-2 Ready");
    await machines.create("spread", 3, {});
    await machines.fleetBecomes("spread", "home Ready", "vm-1 Ready", "vm-2 Ready");
    const blobs = async (state: string): Promise<readonly string[]> =>
      (await readdir(join(state, "images", "blobs", "sha256"))).sort();
    expect(await blobs(vm1.state)).toEqual(await blobs(home.state));
    const { mode } = await stat(join(vm1.state, "node.token"));
    expect(mode & 0o777).toBe(0o600);
    const authority = await readFile(join(home.state, "authority.pem"), "utf8");
    expect(await readFile(join(vm2.state, "ca.pem"), "utf8")).toBe(authority);
    const wide = (): Promise<string> => home.mustCli("get", "nodes", "-o", "wide");
    // Ready, 1 server, its request of what the machine has, labels.
    await expect.poll(wide, SOON).toMatch(/^vm-1 +Ready .* 1 +10m\/\S+ .* zone=a /m);
  });

  it("is told why there is no place", async () => {
    const { home } = machines;
    await home.mustCli("cordon", "home");
    await machines.create("picky", 1, { nodeSelector: { zone: "c" } });
    await expect
      .poll(async () => (await machines.servers("picky"))[0]?.status.message, SOON)
      .toBe("home: cordoned; vm-1, vm-2: label zone is not c");
    await machines.remove("picky");
  });

  it("leaves a machine that drains, but for what players hold, and that at the deadline", async () => {
    const { home } = machines;
    const row = async (): Promise<string> =>
      (await home.mustCli("get", "nodes")).split("\n").find((one) => one.startsWith("vm-1")) ?? "";
    await machines.create("drained", 2, { nodeSelector: { zone: "a" } });
    await machines.fleetBecomes("drained", "vm-1 Ready", "vm-1 Ready");
    await home.mustCli("allocate", "drained");
    await home.mustCli("drain", "vm-1");
    await machines.fleetBecomes("drained", " PortAllocation", "vm-1 Allocated");
    await machines.fleetBecomes("spread", "home Ready", "vm-2 Ready", "vm-2 Ready");
    await expect.poll(row, SOON).toContain(" Ready,Draining ");
    await home.mustCli("drain", "vm-1", "--deadline", "1s");
    await machines.fleetBecomes("drained", " PortAllocation", " PortAllocation");
    await expect.poll(row, SOON).toContain(" Ready,Drained ");
    await home.mustCli("uncordon", "vm-1");
    await machines.fleetBecomes("drained", "vm-1 Ready", "vm-1 Ready");
  });
});
