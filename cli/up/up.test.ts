import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";

/** Each starts some programs one after the other, beside all other tests. */
const LONG = 180_000;
const NETWORKS = "/apis/flotilla.dev/v1/namespaces/default/networks";
const NETWORK = {
  apiVersion: "flotilla.dev/v1",
  kind: "Network",
  metadata: { name: "kept" },
  spec: { subnet: "10.9.0.0/24" },
};

async function isUp(instance: TestInstance): Promise<boolean> {
  return await fetch(`${instance.url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function until(claim: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await claim())) await sleep(20);
}

describe("flotilla up", { timeout: LONG }, () => {
  it("is refused on a state folder that is in use, and the first one does not notice", async () => {
    await using instance = await TestInstance.start({ driver: "process" });
    const { code, err } = await instance.cli("up", "--port", "1");
    expect(code).toBe(6);
    expect(err).toContain(`in use by process ${instance.pid("up")}`);
    expect(await isUp(instance)).toBe(true);
  });

  it("says which port is taken, and leaves nothing running", async () => {
    await using instance = await TestInstance.start({ driver: "process" });
    const other = mkdtempSync(join(tmpdir(), "flotilla-other-"));
    const flags = ["--state", other, "--port", `${instance.port}`, "--driver", "process"];
    const { code, err } = await instance.cli("up", ...flags);
    expect(code).not.toBe(0);
    expect(err).toMatch(new RegExp(`^error: .*${instance.port}.*\nnext: {2}`, "m"));
    rmSync(other, { recursive: true });
  });

  it("starts a part again that was killed", async () => {
    await using instance = await TestInstance.start({ driver: "process" });
    for (const part of ["server", "agent"] as const) {
      const before = instance.pid(part);
      expect(instance.kill(part)).toBe(true);
      await until(() => ![before, undefined].includes(instance.pid(part)));
    }
    await until(() => isUp(instance));
    expect(instance.said).toContain("server ended (SIGKILL), started again");
    expect(instance.said).toContain("agent ended (SIGKILL), started again");
  });

  it("goes down on Ctrl-C and keeps what is stored", async () => {
    await using instance = await TestInstance.start({ driver: "process" });
    expect((await instance.request("POST", NETWORKS, NETWORK)).status).toBe(201);
    await instance.end("SIGINT");
    expect(instance.said).toContain("✓ down");
    expect(await isUp(instance)).toBe(false);
    await instance.up();
    expect((await instance.request("GET", `${NETWORKS}/kept`)).status).toBe(200);
  });

  it("takes its parts with it when it is killed, and the next one takes over", async () => {
    await using instance = await TestInstance.start({ driver: "process" });
    await instance.end("SIGKILL");
    await until(async () => !(await isUp(instance)));
    await instance.up();
    expect(await isUp(instance)).toBe(true);
  });
});

describe("flotilla up --detach and down", { timeout: LONG }, () => {
  it("returns when it is ready, is found again by its folder, and ends when it is told", async () => {
    await using instance = await TestInstance.start({ driver: "process" });
    await instance.end("SIGINT");
    const flags = ["--port", `${instance.port}`, "--driver", "process"];
    const out = await instance.mustCli("up", "--detach", ...flags);
    expect(out).toContain("flotilla is up.");
    expect(out).toContain("`flotilla down` stops the game servers");
    expect(await isUp(instance)).toBe(true);
    expect(await instance.mustCli("get", "nodes")).toMatch(/^NAME/);
    expect(await instance.mustCli("down")).toContain("✓ down; what is stored stays");
    expect(await isUp(instance)).toBe(false);
    expect(await instance.mustCli("down")).toContain("✓ down");
  });

  it("says at once why it cannot start", async () => {
    await using instance = await TestInstance.start({ driver: "process" });
    const { code, err } = await instance.cli("up", "--detach", "--driver", "process");
    expect(code).toBe(6);
    expect(err).toContain("in use by process");
  });

  it("deletes what is stored when asked to, and only a folder of its own", async () => {
    const instance = await TestInstance.start({ driver: "process" });
    const { code, err } = await instance.cli("down", "--purge", "--state", tmpdir());
    expect(code).toBe(6);
    expect(err).toContain("is no state folder of flotilla");
    await instance.mustCli("down", "--purge");
    expect(existsSync(instance.state)).toBe(false);
  });
});
