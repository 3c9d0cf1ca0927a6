import { existsSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { cpuWhile } from "./cpu-while.ts";
import { initOf, namespacesOf, seen, until } from "./look-inside.ts";

const ADDRESS = { red: "11.11.11.2", blue: "11.11.11.3" } as const;
const CONTAINERS = ["red", "blue"] as const;

describe("two files and one command reproduce the experiment", () => {
  let instance: TestInstance;
  const inside = (name: string, ...argv: readonly string[]) =>
    instance.cli("exec", `container/${name}`, "--", ...argv);
  const sees = async (name: string, ...argv: readonly string[]): Promise<string> =>
    (await instance.mustCli("exec", `container/${name}`, "--", "busybox", ...argv)).trim();

  beforeAll(async () => {
    const files = ["examples/red-blue"];
    instance = await TestInstance.start({ files, flags: ["--port-range", "17500-17510"] });
    for (const name of CONTAINERS)
      await until(instance, ["Container", name], ({ status }) => status.phase === "Running");
  });
  afterAll(() => instance[Symbol.asyncDispose]());

  it("lays each root from two layers by overlay, and both can be seen in it", async () => {
    const layers = readdirSync(join(instance.state, "layers"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(instance.state, "layers", name))
      .map((layer) => ["usr/bin/stress", "etc/motd"].map((file) => existsSync(join(layer, file))));
    expect(layers).toContainEqual([true, false]);
    expect(layers).toContainEqual([false, true]);
    for (const name of CONTAINERS) {
      expect(await sees(name, "awk", '$2 == "/" { print $3 }', "/proc/mounts")).toBe("overlay");
      expect(await sees(name, "ls", "/usr/bin/stress")).toBe("/usr/bin/stress");
      expect(await sees(name, "cat", "/etc/motd")).toContain("upper of two layers");
    }
  });

  it("lets each write in its own root only", async () => {
    await sees("red", "sh", "-c", "echo red >/tmp/mine");
    expect(await sees("red", "cat", "/tmp/mine")).toBe("red");
    expect((await inside("blue", "busybox", "ls", "/tmp/mine")).code).toBe(1);
  });

  it("has turned the root: nothing of the old one is there", async () => {
    for (const path of [instance.state, import.meta.dirname, "/var/lib", "/boot", "/oldroot"])
      expect((await inside("red", "busybox", "ls", path)).code).not.toBe(0);
    const mounts = await sees("red", "cat", "/proc/self/mountinfo");
    const roots = mounts.split("\n").filter((line) => line.split(" ")[4] === "/");
    expect(roots).toHaveLength(1);
    expect(mounts).not.toContain(instance.state);
    expect(mounts).not.toContain("ext4");
  });

  it("gives each namespaces of its own", async () => {
    const [red = [], blue = [], host] = [
      ...(await Promise.all(CONTAINERS.map((name) => initOf(instance, "Container", name)))),
      "self" as const,
    ].map(namespacesOf);
    expect(red.filter((one) => blue.includes(one) || host?.includes(one))).toEqual([]);
    expect(blue.filter((one) => host?.includes(one))).toEqual([]);
    expect(await sees("red", "hostname")).toBe("red");
    expect(await sees("blue", "hostname")).toBe("blue");
    expect(hostname()).not.toBe("red");
    expect(await sees("red", "sh", "-c", "cat /proc/1/comm")).toBe("flotilla-init");
  });

  it.each([
    ["red", "blue"],
    ["blue", "red"],
  ] as const)("%s pings %s", async (from, to) => {
    const { code, out } = await inside(from, "ping", "-c", "2", "-W", "2", ADDRESS[to]);
    expect(out).toContain("2 received");
    expect(code).toBe(0);
  });

  it.each([
    ["the outside", "1.1.1.1"],
    ["an address of this machine", "11.11.11.1"],
  ])("nobody pings %s", async (_, address) => {
    const { code, out } = await inside("red", "ping", "-c", "1", "-W", "1", address);
    expect(out).not.toContain("1 received");
    expect(code).toBe(1);
  });

  it("holds `stress -c 1` at 40 % of a core", async () => {
    const { id } = (await seen(instance, "Container", "red")).status.container ?? { id: "" };
    const { limit, share, throttledMicros } = await cpuWhile(instance, id, async () => {
      expect((await inside("red", "stress", "-c", "1", "-t", "5")).code).toBe(0);
    });
    expect(limit).toBe(40);
    expect(share).toBeLessThan(45);
    expect(throttledMicros).toBeGreaterThan(0);
  });

  it("has the kernel kill `stress --vm-bytes 200M`, and only that", async () => {
    const { code, out, err } = await inside("blue", "stress", "--vm", "1", "--vm-bytes", "200M");
    expect(out + err).toContain("got signal 9");
    expect(code).toBe(1);
    expect((await seen(instance, "Container", "blue")).status.phase).toBe("Running");
  });

  it("says why a container is gone that was over its memory", async () => {
    const { spec } = JSON.parse(await instance.mustCli("get", "container/red", "-o", "json"));
    const { address: _, ...rest } = spec;
    const command = ["stress", "--vm", "1", "--vm-bytes", "300M"];
    const body = { kind: "Container", metadata: { name: "hog" }, spec: { ...rest, command } };
    const path = "/apis/flotilla.dev/v1/namespaces/default/containers";
    const made = await instance.request("POST", path, { apiVersion: "flotilla.dev/v1", ...body });
    expect(made.status).toBe(201);
    await until(instance, ["Container", "hog"], ({ status }) => status.phase === "Exited");
    const said = await instance.mustCli("describe", "container/hog");
    expect(said).toMatch(/^Reason: +OOMKilled$/m);
    expect(said).toMatch(/^Message: +killed by the kernel: it was over its memory limit$/m);
  });
});
