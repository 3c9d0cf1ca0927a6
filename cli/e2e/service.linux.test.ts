import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { readMark } from "../up/state-folder.ts";
import { listed, type Seen } from "./look-inside.ts";
import { ask, askMany, SteadyRequests } from "./service-client.ts";

const PORT = 17_880;
const SOON = { timeout: 60_000 };
const BASE = "/apis/flotilla.dev/v1/namespaces/default";
const READY = { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1, failureThreshold: 1 };

interface SeenService {
  readonly status: {
    readonly replicas: number;
    readonly readyReplicas: number;
    readonly updatedReplicas: number;
    readonly address: string;
    readonly reason?: string;
    readonly message?: string;
  };
}

describe("a Service", () => {
  let instance: TestInstance;
  const post = (plural: string, kind: string, name: string, spec: object) =>
    instance.request("POST", `${BASE}/${plural}`, {
      apiVersion: "flotilla.dev/v1",
      kind,
      metadata: { name },
      spec,
    });
  const patch = async (spec: object): Promise<void> => {
    const type = { "content-type": "application/merge-patch+json" };
    const { status } = await instance.request("PATCH", `${BASE}/services/hello`, { spec }, type);
    expect(status).toBe(200);
  };
  const status = async (name = "hello"): Promise<SeenService["status"]> =>
    ((await instance.request("GET", `${BASE}/services/${name}`)).body as SeenService).status;
  const becomes = async (wanted: Partial<SeenService["status"]>, name?: string): Promise<void> => {
    const rows = Object.entries(wanted);
    for (const until = Date.now() + SOON.timeout; ; await sleep(50)) {
      const found = await status(name);
      if (rows.every(([key, value]) => found[key as keyof typeof found] === value)) return;
      if (Date.now() > until) return expect(found).toMatchObject(wanted);
    }
  };
  const replicas = async (): Promise<readonly Seen[]> =>
    (await listed(instance, "Container")).filter((one) => one.metadata.name.startsWith("hello-"));
  /** Those on their way out have gone, too. */
  const allAre = (count: number) =>
    expect.poll(async () => (await replicas()).length, SOON).toBe(count);
  const inside = (name: string, ...argv: readonly string[]): Promise<string> =>
    instance.mustCli("exec", `container/${name}`, "--", ...argv);
  const template = (word: string) => ({
    spec: {
      image: "hello",
      args: [word],
      readinessProbe: READY,
      drainSeconds: 1,
    },
  });

  beforeAll(async () => {
    const images = ["examples/service/image.yaml"];
    instance = await TestInstance.start({ images, flags: ["--port-range", "17870-17890"] });
    const ports = [{ port: 80, targetPort: 8080, hostPort: PORT }];
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    const strategy = { rollingUpdate };
    const made = await post("services", "Service", "hello", {
      ...{ replicas: 3, ports, strategy, template: template("first") },
    });
    expect(made).toMatchObject({ status: 201 });
    await becomes({ replicas: 3, readyReplicas: 3, updatedReplicas: 3 });
  });
  afterAll(() => instance[Symbol.asyncDispose]());

  it("spreads what comes to its host port over all replicas", async () => {
    const answers = await askMany(PORT, 90);
    expect(answers.size).toBe(3);
    expect(Math.min(...answers.values())).toBeGreaterThan(5);
    expect(await instance.mustCli("get", "services")).toMatch(/hello +3 +3 +3 +3 +10\.86\./);
  });

  it("is reached by its name from its network, short and with the namespace, and by nobody else", async () => {
    const [first] = await replicas();
    const name = first?.metadata.name ?? "";
    const { address } = await status();
    const script = `
      const { lookup } = require("node:dns").promises;
      (async () => {
        for (const name of ["hello", "hello.default", "${name}", "${name}.default"])
          console.log((await lookup(name)).address);
        console.log((await (await fetch("http://hello/")).text()).trim());
        await fetch("http://hello:81/").catch((error) => console.log(error.cause.code));
      })();`;
    const { address: own } = (first?.status ?? {}) as { address?: string };
    const said = (await inside(name, "node", "-e", script)).trim().split("\n");
    expect(said.slice(0, 4)).toEqual([address, address, own, own]);
    expect(said[4]).toMatch(/^first from hello-/);
    expect(said[5]).toBe("ECONNREFUSED");
  });

  it("has names that change with the network's members, in the same file", async () => {
    const [first] = await replicas();
    const name = first?.metadata.name ?? "";
    const hosts = (): Promise<string> =>
      inside(
        name,
        "node",
        "-p",
        'fs.statSync("/etc/hosts").ino + fs.readFileSync("/etc/hosts", "utf8")',
      );
    const before = await hosts();
    expect(before).not.toContain("passing");
    await post("containers", "Container", "passing", { image: "hello" });
    await expect.poll(hosts, SOON).toMatch(/^[\d.]+\tpassing passing\.default$/m);
    await instance.mustCli("delete", "container/passing");
    await expect.poll(hosts, SOON).toBe(before);
    const mount = 'fs.readFileSync("/proc/mounts", "utf8").match(/ \\/etc\\/hosts \\S+ (\\w+)/)[1]';
    expect(await inside(name, "node", "-p", mount)).toBe("ro\n");
  });

  it("leads a source to one replica when asked to, also after another one came", async () => {
    await patch({ sessionAffinity: "ClientIP" });
    const sources = Array.from({ length: 24 }, (_, i) => `127.0.0.${i + 2}`);
    const all = (): Promise<string[]> => Promise.all(sources.map((from) => ask(PORT, from)));
    const once = async (): Promise<boolean> => {
      const answers = await all();
      return (await all()).every((answer, i) => answer === answers[i]);
    };
    await expect.poll(once, SOON).toBe(true);
    const three = await all();
    expect(new Set(three).size).toBeGreaterThan(1);
    for (let i = 0; i < 3; i++) expect(await all()).toEqual(three);
    await patch({ replicas: 4 });
    await becomes({ readyReplicas: 4 });
    const four = await all();
    const moved = four.filter((answer, i) => answer !== three[i]);
    expect(moved.every((answer) => !three.includes(answer))).toBe(true);
    await patch({ sessionAffinity: "None", replicas: 3 });
    await becomes({ replicas: 3, readyReplicas: 3 });
    await allAre(3);
  });

  it("gives nothing to a replica that is not ready", async () => {
    const [away] = await replicas();
    const name = away?.metadata.name ?? "";
    await inside(name, "node", "-e", 'fs.writeFileSync("/tmp/away", "")');
    await becomes({ replicas: 3, readyReplicas: 2 });
    const answers = [...(await askMany(PORT, 60)).keys()];
    expect(answers).toHaveLength(2);
    expect(answers.join()).not.toContain(name);
    await inside(name, "node", "-e", 'fs.rmSync("/tmp/away")');
    await becomes({ readyReplicas: 3 });
    expect(await instance.mustCli("describe", `container/${name}`)).toMatch(/not ready: HTTP 503/);
  });

  it("leads to replicas that are late while no other is ready, and to none that says no", async () => {
    const names = (await replicas()).map(({ metadata }) => metadata.name);
    const [first = "", ...others] = names;
    const on = (name: string, script: string): Promise<string> =>
      inside(name, "node", "-e", script);
    const asked = async (): Promise<string> => [...(await askMany(PORT, 60)).keys()].join();
    const late = 'os.tmpdir() + "/late"';
    const away = 'os.tmpdir() + "/away"';
    for (const name of names) await on(name, `fs.writeFileSync(${late}, "")`);
    await becomes({ replicas: 3, readyReplicas: 0 });
    for (const name of names) expect(await asked()).toContain(name);
    await on(first, `fs.writeFileSync(${away}, ""); fs.rmSync(${late})`);
    await expect.poll(asked, SOON).not.toContain(first);
    for (const name of others) expect(await asked()).toContain(name);
    await on(first, `fs.rmSync(${away})`);
    await becomes({ readyReplicas: 1 });
    await expect.poll(asked, SOON).not.toContain(others[0]);
    expect(await asked()).toContain(first);
    for (const name of others) await on(name, `fs.rmSync(${late})`);
    await becomes({ readyReplicas: 3 });
  });

  it("has a replica that was killed started again", async () => {
    const [first] = await replicas();
    process.kill(first?.status.container?.pid ?? 0, "SIGKILL");
    // The number in the Service's status may be from before.
    const again = async (): Promise<boolean> => {
      const all = await replicas();
      const isBack = all.some(
        ({ status: { container, ready } }) => ready && container?.restarts === 1,
      );
      return isBack && all.every(({ status: { ready } }) => ready);
    };
    await expect.poll(again, SOON).toBe(true);
    await becomes({ replicas: 3, readyReplicas: 3 });
    expect((await askMany(PORT, 60)).size).toBe(3);
  });

  it("loses no request in a rolling update", async () => {
    const requests = new SteadyRequests(PORT, 4);
    await patch({ template: template("second") });
    await becomes({ replicas: 3, readyReplicas: 3, updatedReplicas: 3 });
    await allAre(3);
    await requests.stop();
    expect(requests.answers.length).toBeGreaterThan(100);
    expect(requests.failures).toEqual([]);
    expect(requests.answers[0]).toContain("first from");
    expect(requests.answers.slice(-4).join()).not.toContain("first from");
  });

  it("comes to the same end when agent and shim are killed in the update, and loses no request", async () => {
    const requests = new SteadyRequests(PORT, 4);
    await patch({ template: template("third") });
    for (const part of ["agent", "shim", "agent"] as const) {
      await sleep(700);
      await expect.poll(() => instance.kill(part), SOON).toBe(true);
    }
    await becomes({ replicas: 3, readyReplicas: 3, updatedReplicas: 3 });
    await allAre(3);
    await requests.stop();
    expect(requests.failures).toEqual([]);
    expect([...(await askMany(PORT, 60)).keys()].every((one) => one.includes("third from"))).toBe(
      true,
    );
  });

  it("is what the example says", async () => {
    const said = await instance.mustCli(
      "apply",
      "--dry-run",
      "-f",
      "examples/service/service.yaml",
    );
    expect(said).toContain("service/hello checked, nothing changed");
  });

  it("is refused, or says why it waits, by name", async () => {
    const taken = await post("services", "Service", "late", {
      ...{ ports: [{ port: 80, hostPort: PORT }], template: { spec: { image: "hello" } } },
    });
    expect(taken.status).toBe(201);
    const message = `host port ${PORT} is taken by service default/hello`;
    await becomes({ reason: "PortRangeFull", message }, "late");
    await instance.mustCli("delete", "service/late");
    const bad = async (spec: object): Promise<string> =>
      JSON.stringify((await post("services", "Service", "bad", spec)).body);
    expect(await bad({ template: { spec: { image: "hello", readinessProbe: {} } } })).toContain(
      "spec.template.spec.readinessProbe: must have exactly one of httpGet, tcpSocket and exec",
    );
    expect(await bad({ template: { spec: {} } })).toContain(
      "spec.template.spec.image: is required",
    );
    expect(await bad({ template: { spec: { image: "hello", address: "10.0.0.1" } } })).toContain(
      "spec.template.spec.address",
    );
  });

  it("gets no port that the platform listens on, and neither does a game server", async () => {
    await post("services", "Service", "thief", {
      ...{
        ports: [{ port: 80, targetPort: 8080, hostPort: instance.port }],
        template: template("mine"),
      },
    });
    const message = `host port ${instance.port} is taken by the API of this control plane`;
    await becomes({ reason: "PortRangeFull", message, readyReplicas: 1 }, "thief");
    await instance.mustCli("delete", "service/thief");
    const game = {
      apiVersion: "agones.dev/v1",
      kind: "GameServer",
      metadata: { name: "thief" },
      spec: {
        ports: [{ name: "game", portPolicy: "Static", hostPort: 9357, containerPort: 7654 }],
        template: { spec: { containers: [{ name: "game", image: "hello" }] } },
      },
    };
    const path = "/apis/agones.dev/v1/namespaces/default/gameservers";
    expect((await instance.request("POST", path, game)).status).toBe(201);
    const said = async () => JSON.stringify((await instance.request("GET", `${path}/thief`)).body);
    const why = "host port 9357 is taken by the SDK of the game servers";
    await expect.poll(said, SOON).toContain(why);
    await instance.mustCli("delete", "gameserver/thief");
  });

  it("leaves nothing behind when it is deleted", async () => {
    await instance.mustCli("delete", "service/hello");
    await allAre(0);
    const table = `flotilla_${readMark(instance.state)?.instance}`;
    const chains = ["services", "service_ports"].map((chain) =>
      execFileSync("nft", ["list", "chain", "inet", table, chain], { encoding: "utf8" }),
    );
    expect(chains.join()).not.toContain("dnat");
    await expect(ask(PORT)).rejects.toThrow("ECONNREFUSED");
  });
});
