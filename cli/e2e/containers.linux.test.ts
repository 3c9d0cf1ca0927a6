import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { initOf, type Seen, seen, until } from "./look-inside.ts";

const CONTAINERS = "/apis/flotilla.dev/v1/namespaces/default/containers";
/** In a container, the part of its own root that anybody may write to. */
const OWN = "/tmp";
/** Three seconds for a program to start in, and an answer may be late: what counts is a no. */
const PROBED = {
  initialDelaySeconds: 1,
  periodSeconds: 1,
  timeoutSeconds: 30,
  failureThreshold: 3,
};
/** One that never passes is started again by then. */
const PASSES_MS = 5_000;
const SOON = { timeout: 30_000, interval: 100 };

describe("a Container", () => {
  let instance: TestInstance;
  const make = async (name: string, script: string, more: object = {}): Promise<void> => {
    const command = ["busybox", "sh", "-c", script];
    const spec = { image: "red-blue", command, terminationGracePeriodSeconds: 0, ...more };
    const body = { apiVersion: "flotilla.dev/v1", kind: "Container", metadata: { name }, spec };
    const { status, body: answer } = await instance.request("POST", CONTAINERS, body);
    expect({ status, answer }).toMatchObject({ status: 201 });
  };
  const becomes = (name: string, claim: (found: Seen["status"]) => boolean): Promise<Seen> =>
    until(instance, ["Container", name], ({ status }) => claim(status));
  const runs = (name: string, restarts = 0): Promise<Seen> =>
    becomes(name, (s) => s.phase === "Running" && (s.container?.restarts ?? 0) >= restarts);
  const sh = async (name: string, script: string): Promise<string> =>
    (await instance.cli("exec", `container/${name}`, "--", "busybox", "sh", "-c", script)).out;

  const oldImage = async (version: string): Promise<string> => {
    const folder = join(instance.state, "old-image");
    await mkdir(join(folder, "root"), { recursive: true });
    await writeFile(join(folder, "root/version"), version);
    const spec = join(folder, "image.yaml");
    await writeFile(spec, "{reference: old, base: empty, programs: [busybox], folder: root}");
    return spec;
  };

  beforeAll(async () => {
    const images = ["examples/red-blue/image.yaml"];
    instance = await TestInstance.start({ images, flags: ["--port-range", "17220-17230"] });
  });
  afterAll(() => instance[Symbol.asyncDispose]());

  it("is started again after it ended, with pauses that grow", async () => {
    await make("again", "echo life; exit 3");
    const waits = await becomes(
      "again",
      ({ phase, container }) => phase === "Backoff" && (container?.restarts ?? 0) >= 3,
    );
    expect(waits.status).toMatchObject({ reason: "BackOff", container: { exitCode: 3 } });
    expect(waits.status.message).toMatch(/started again in [3-9] s/);
    const lives = (await instance.mustCli("logs", "container/again")).trim().split("\n");
    expect(lives.filter((line) => line === "life").length).toBeGreaterThanOrEqual(3);
    await instance.mustCli("delete", "container/again");
  });

  it.each([
    ["OnFailure", 0, "Exited"],
    ["OnFailure", 1, "Backoff"],
    ["Never", 1, "Exited"],
  ])("with restart policy %s that ends with %i is %s", async (restartPolicy, code, phase) => {
    const name = `${restartPolicy.toLowerCase()}-${code}`;
    await make(name, `exit ${code}`, { restartPolicy });
    const { status } = await becomes(name, (s) => s.phase === phase);
    expect(status.container?.exitCode).toBe(code);
    await instance.mustCli("delete", `container/${name}`);
  });

  it("is measured: what it uses, is denied and sends", async () => {
    await make("measured", "while :; do :; done", { resources: { limits: { cpu: "100m" } } });
    const { status } = await runs("measured");
    const gateway = String((status as { address?: string }).address).replace(/\d+$/, "1");
    const path = "/v1/samples?kind=Container&namespace=default&name=measured";
    const high = (series: Record<string, (number | null)[]>, name: string): number =>
      Math.max(0, ...(series[name] ?? []).map((value) => value ?? 0));
    await vi.waitFor(
      async () => {
        await sh("measured", `busybox nc -w 1 ${gateway} 9 < /dev/null`);
        const { body } = await instance.request("GET", path);
        const series = (body as { series: Record<string, (number | null)[]> }).series;
        for (const name of ["cpu", "memory", "throttled", "packetsSent", "cpuLimit"])
          expect([name, high(series, name)]).not.toEqual([name, 0]);
        expect(high(series, "cpuLimit")).toBe(100);
      },
      { timeout: 60_000, interval: 200 },
    );
    const { out } = await instance.cli("top", "containers", "--once");
    // A tenth of a core, exactly, is 0.1.
    expect(out).toMatch(/\nmeasured +Running +\d+(\.\d)?m? +/);
    expect((await instance.cli("top", "nodes", "--once")).out).toMatch(/ Ready +\d+(\.\d)?m? +/);
    await instance.mustCli("delete", "container/measured");
  });

  it("is stopped, started and restarted by hand", async () => {
    await make("power", "touch /tmp/used; exec busybox sleep 1000");
    await runs("power");
    const first = await initOf(instance, "Container", "power");
    await instance.mustCli("stop", "container/power");
    await becomes("power", ({ phase }) => phase === "Stopped");
    await instance.mustCli("start", "container/power");
    const isOther = (pid: number) => (status: Seen["status"]) =>
      status.phase === "Running" && status.container?.pid !== pid;
    const second = (await becomes("power", isOther(first))).status.container?.pid ?? 0;
    await instance.mustCli("restart", "container/power");
    await becomes("power", isOther(second));
  });

  it("finds what it wrote to its named volume after a restart, and its own root fresh", async () => {
    await make(
      "keeps",
      `echo life >>${OWN}/lives; echo life >>/data/lives; exec busybox sleep 1000`,
      {
        volumes: [{ name: "data", named: { volume: "kept" } }],
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    );
    await runs("keeps");
    const lines = (path: string): Promise<string> => sh("keeps", `cat ${path} | wc -l`);
    await expect.poll(() => lines("/data/lives"), SOON).toBe("1\n");
    await instance.mustCli("restart", "container/keeps");
    await expect.poll(() => lines("/data/lives"), SOON).toBe("2\n");
    // It was written before that.
    expect(await lines(`${OWN}/lives`)).toBe("1\n");
  });

  it("shares a named volume with others of the same user, and is told when it cannot", async () => {
    const shared = {
      volumes: [{ name: "data", named: { volume: "shared" } }],
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    };
    const script = (word: string): string => `echo ${word} >/data/${word}; exec busybox sleep 1000`;
    await make("share-a", script("a"), shared);
    await runs("share-a");
    await make("share-b", script("b"), shared);
    await runs("share-b");
    // Each may change what the other one wrote: both are the owner of all of it.
    const change = "echo more >>/data/a && echo more >>/data/b && cat /data/a /data/b";
    await expect.poll(() => sh("share-a", "cat /data/a /data/b"), SOON).toBe("a\nb\n");
    expect(await sh("share-a", change)).toBe("a\nmore\nb\nmore\n");
    expect(await sh("share-b", change)).toBe("a\nmore\nmore\nb\nmore\nmore\n");
    expect(await sh("share-b", "busybox stat -c %u /data/a")).toBe("1000\n");
    await make("share-c", script("c"), { ...shared, securityContext: { runAsUser: 2_000 } });
    const { status } = await becomes("share-c", ({ message }) => message !== undefined);
    expect(status.message).toContain("volume default/shared is used by container share-");
    await Promise.all(
      ["a", "b", "c"].map((x) => instance.mustCli("delete", `container/share-${x}`)),
    );
  });

  it("has its secret from memory, for its own user's eyes only", async () => {
    const folder = join(instance.state, "secrets/default");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, "key"), "open sesame", { mode: 0o600 });
    await make("knows", "exec busybox sleep 1000", {
      volumes: [{ name: "key", secret: { secretName: "key" } }],
      volumeMounts: [{ name: "key", mountPath: "/run/key" }],
    });
    await runs("knows");
    expect(await sh("knows", "cat /run/key; busybox stat -c ' %a %u' /run/key")).toBe(
      "open sesame 400 1000\n",
    );
    expect(await sh("knows", "grep ' /run/key ' /proc/mounts")).toMatch(/^tmpfs \/run\/key tmpfs/);
    expect(await sh("knows", "echo x >/run/key || echo refused")).toBe("refused\n");
    await make("lacks", "exec busybox sleep 1000", {
      volumes: [{ name: "key", secret: { secretName: "other" } }],
      volumeMounts: [{ name: "key", mountPath: "/run/key" }],
    });
    const { status } = await becomes("lacks", ({ message }) => message !== undefined);
    expect(status.message).toContain("run `flotilla secret set other` there");
    await instance.mustCli("secret", "set", "other", "--from-file", join(folder, "key"));
    await runs("lacks");
    expect(await sh("lacks", "cat /run/key")).toBe("open sesame");
  });

  it.each([
    [
      "exec",
      "touch /tmp/ok; exec busybox sleep 1000",
      { exec: { command: ["busybox", "test", "-e", "/tmp/ok"] } },
      "rm /tmp/ok",
    ],
    [
      "http",
      "mkdir /tmp/www; touch /tmp/www/ok; exec busybox httpd -f -p 8080 -h /tmp/www",
      { httpGet: { path: "/ok", port: 8080 } },
      "rm /tmp/www/ok",
    ],
    [
      "tcp",
      "busybox nc -ll -p 9000 -e true & echo $! >/tmp/pid; exec busybox sleep 1000",
      { tcpSocket: { port: 9000 } },
      "kill $(cat /tmp/pid)",
    ],
  ])("is started again when its %s probe fails", async (kind, script, probe, breaks) => {
    const name = `probed-${kind}`;
    await make(name, script, { livenessProbe: { ...probe, ...PROBED } });
    await runs(name);
    // It passes its probe for a while first.
    await new Promise((resolve) => setTimeout(resolve, PASSES_MS));
    expect((await seen(instance, "Container", name)).status.container?.restarts).toBe(0);
    await sh(name, breaks);
    await runs(name, 1);
    expect(await instance.mustCli("describe", `container/${name}`)).toMatch(/probe failed/);
    await instance.mustCli("delete", `container/${name}`);
  });

  it("keeps the image that it was made of, whatever becomes of the name, until it is gone", async () => {
    const spec = await oldImage("one");
    await instance.mustCli("image", "build", spec);
    await make("old", "exec busybox sleep 1000", { image: "old" });
    await runs("old");
    await oldImage("two");
    await instance.mustCli("image", "build", spec);
    await instance.mustCli("image", "rm", "old");
    // The second version's manifest, config and upper layer, which nobody has unpacked.
    expect(await instance.mustCli("image", "prune")).toMatch(/^cleared 3 blobs and 0 unpacked/);
    expect(await sh("old", "cat /version")).toBe("one");
    await instance.mustCli("delete", "container/old");
    await expect
      .poll(() => instance.mustCli("image", "prune"), { timeout: 20_000, interval: 200 })
      .toMatch(/^cleared 4 blobs and 2 unpacked layers/);
    expect(await instance.mustCli("image", "ls")).not.toMatch(/^old/m);
    const again = await instance.cli("image", "rm", "old");
    expect(again).toMatchObject({ code: 5, err: expect.stringContaining("no image old:latest") });
  });

  it("has its log followed to its end", async () => {
    const goesOn = `until [ -e ${OWN}/on ]; do busybox usleep 100000; done`;
    const rest = "for i in 2 3 4 5; do echo line $i; busybox usleep 300000; done";
    await make("talks", `echo line 1; ${goesOn}; ${rest}`, { restartPolicy: "Never" });
    await runs("talks");
    const following = instance.cli("logs", "-f", "container/talks");
    await sh("talks", `touch ${OWN}/on`);
    const { out, code } = await following;
    expect(out).toBe([1, 2, 3, 4, 5].map((i) => `line ${i}\n`).join(""));
    expect(code).toBe(0);
    await becomes("talks", ({ phase }) => phase === "Exited");
  });
});
