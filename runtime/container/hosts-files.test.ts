import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { HostsFiles, hostsText, type NetworkMember } from "./hosts-files.ts";

const IN = { namespace: "default", network: "default" };
const API = "10.86.0.1";
const SOON = { timeout: 15_000 };
const WEB: NetworkMember = { ...IN, name: "web", address: "10.86.0.1" };
function plan(name: string, more: object = {}): ContainerPlan {
  return {
    subject: { kind: "Container", namespace: "default", name, uid: name },
    id: name,
    hostname: name,
    network: { namespace: "default", name: "default" },
    ...more,
  } as ContainerPlan;
}

describe("the text of a hosts file", () => {
  it("names the members of one network, short and with their namespace", () => {
    const members = [
      WEB,
      { ...IN, name: "b", address: "10.87.0.3" },
      { ...IN, network: "other", name: "c", address: "10.87.4.2" },
      { ...IN, namespace: "team", name: "d", address: "10.87.8.2" },
      { ...IN, name: "web", address: "10.87.0.4" },
    ];
    expect(hostsText({ plan: plan("a"), address: "10.87.0.2" }, members).split("\n")).toEqual([
      "127.0.0.1\tlocalhost",
      "10.87.0.2\ta",
      "10.87.0.3\tb b.default",
      "10.86.0.1\tweb web.default",
      "",
    ]);
  });
});

describe("the own name in a hosts file", () => {
  it("stands there once for a Container that is a member itself", () => {
    const members = [{ ...IN, name: "a", address: "10.87.0.2" }];
    const text = hostsText({ plan: plan("a"), address: "10.87.0.2" }, members);
    expect(text).toBe("127.0.0.1\tlocalhost\n10.87.0.2\ta a.default\n");
  });

  it("stands there although a service of the same name is somewhere else", () => {
    const members = [{ ...WEB, name: "a" }];
    const text = hostsText({ plan: plan("a"), address: "10.87.0.2" }, members);
    expect(text).toBe("127.0.0.1\tlocalhost\n10.87.0.2\ta\n10.86.0.1\ta a.default\n");
  });
});

describe("hosts files", () => {
  let folder = "";
  let services: readonly NetworkMember[] = [];
  let files: HostsFiles;
  const text = (id: string): Promise<string> => readFile(join(folder, id), "utf8");
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "flotilla-hosts-"));
    services = [];
    files = new HostsFiles({
      platformApi: API,
      folder,
      services: async () => services,
      clock: systemClock,
      logger: silentLogger,
      delayMs: 1,
    });
    await files.add(plan("a"), "10.87.0.2");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("are there before a container starts, and may be read by everybody", async () => {
    expect(await text("a")).toContain("10.87.0.2\ta a.default\n");
    expect((await stat(join(folder, "a"))).mode & 0o777).toBe(0o644);
  });
  it("stay the same file while names come and go", async () => {
    const { ino } = await stat(join(folder, "a"));
    await files.add(plan("b"), "10.87.0.3");
    services = [WEB];
    files.changed();
    await expect.poll(() => text("a"), SOON).toContain("web.default");
    expect(await text("a")).toContain("10.87.0.3\tb b.default");
    services = [];
    await files.remove("b");
    await expect.poll(() => text("a"), SOON).toBe("127.0.0.1\tlocalhost\n10.87.0.2\ta a.default\n");
    expect((await stat(join(folder, "a"))).ino).toBe(ino);
    await expect(text("b")).rejects.toThrow("ENOENT");
  });
  it("name the control plane for who may reach it, and nobody else", async () => {
    await files.add(plan("caller", { platformApi: true }), "10.87.0.4");
    expect(await text("caller")).toContain(`${API}\tapi.flotilla.internal\n`);
    expect(await text("a")).not.toContain("flotilla.internal");
    const elsewhere = new HostsFiles({
      platformApi: undefined,
      folder,
      services: async () => services,
      clock: systemClock,
      logger: silentLogger,
      delayMs: 1,
    });
    await expect(elsewhere.add(plan("b", { platformApi: true }), "10.87.0.5")).rejects.toThrow(
      "platformApi works on the machine of the control plane only",
    );
  });
  it("give game servers names, but name none", async () => {
    const subject = { kind: "GameServer", namespace: "default", name: "game", uid: "g" } as const;
    await files.add(plan("game", { subject }), "10.87.0.9");
    expect(await text("game")).toBe(
      "127.0.0.1\tlocalhost\n10.87.0.9\tgame\n10.87.0.2\ta a.default\n",
    );
    services = [WEB];
    files.changed();
    await expect.poll(() => text("a"), SOON).toContain("web");
    expect(await text("a")).not.toContain("game");
  });
});
