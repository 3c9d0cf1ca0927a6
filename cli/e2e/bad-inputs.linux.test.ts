import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ShimClient } from "../../runtime/shim/client.ts";
import { type CliResult, TestInstance } from "../testing/test-instance.ts";
import { readMark } from "../up/state-folder.ts";
import { listed, seen, until } from "./look-inside.ts";
import { redBlueFolder } from "./red-blue-folder.ts";
import { tracesOf } from "./traces.ts";

const GAME_SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const CONTAINERS = "/apis/flotilla.dev/v1/namespaces/default/containers";
const PORTS = 4;
const SOON = { timeout: 30_000, interval: 100 };

const fleet = (more: string): string => `apiVersion: agones.dev/v1
kind: Fleet
metadata: { name: bad }
spec:
  ${more}
  template:
    spec:
      ports: [{ name: game, portPolicy: Dynamic, containerPort: PORT }]
      template: { spec: { containers: [{ name: game, image: red-blue }] } }
`;
const NETWORK = `apiVersion: flotilla.dev/v1
kind: Network
metadata: { name: good }
spec: { outside: false }
---
`;

function gameServer(name: string): object {
  const container = { name: "tool", image: "red-blue", command: ["busybox", "sleep", "1000"] };
  return {
    apiVersion: "agones.dev/v1",
    kind: "GameServer",
    metadata: { name },
    spec: {
      ports: [{ name: "game", portPolicy: "Dynamic", containerPort: 7000 }],
      health: { disabled: true },
      template: { spec: { containers: [container], terminationGracePeriodSeconds: 0 } },
    },
  };
}

function container(name: string, more: object): object {
  const spec = { image: "red-blue", command: ["busybox", "sleep", "1000"], ...more };
  return { apiVersion: "flotilla.dev/v1", kind: "Container", metadata: { name }, spec };
}

describe("what cannot be", () => {
  let instance: TestInstance;
  let folder: string;
  let example: string;
  let before: object;

  /** Everything stored with its revision, and everything made in the kernel. */
  const found = async (): Promise<object> => {
    const kinds = ["GameServer", "Container", "Fleet", "Network"] as const;
    const lists = await Promise.all(kinds.map((kind) => listed(instance, kind)));
    const stored = lists.flat().map(({ metadata: m }) => `${m.name} ${m.resourceVersion}`);
    const { links, tables, cgroups } = tracesOf(
      instance.state,
      readMark(instance.state)?.instance ?? "",
    );
    // The bridge of the namespace's own network stays for the next game server.
    return { stored, veths: links.filter((name) => name.startsWith("fv")), tables, cgroups };
  };
  const apply = async (yaml: string): Promise<CliResult> => {
    const file = join(folder, "bad.yaml");
    await writeFile(file, yaml);
    return instance.cli("apply", "-f", file);
  };
  /** One error, one next step, and the exit code for scripts. */
  const expectOneError = ({ code, err, out }: CliResult, exit: number, words: RegExp): void => {
    expect(err).toMatch(words);
    expect(err.match(/^error: /gm)).toHaveLength(1);
    expect(err.match(/^next: {2}\S/gm)).toHaveLength(1);
    expect(err).not.toMatch(/^ +at /m);
    expect(out).toBe("");
    expect(code).toBe(exit);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flotilla-bad-"));
    example = await redBlueFolder();
    instance = await TestInstance.start({
      files: [example],
      flags: ["--port-range", `17200-${17_200 + PORTS - 1}`],
    });
    for (const name of ["red", "blue"])
      await until(instance, ["Container", name], ({ status }) => status.phase === "Running");
  });
  afterAll(async () => {
    await instance[Symbol.asyncDispose]();
    for (const one of [folder, example]) await rm(one, { recursive: true });
  });
  beforeEach(async () => {
    before = await found();
  });
  afterEach(async () => {
    await expect.poll(found, SOON).toEqual(before);
  });

  it.each([
    ["YAML that is none", "kind: Fleet\n  metadata: [", /bad\.yaml.*(line|:) ?\d/],
    [
      "an unknown field",
      fleet("replcas: 2").replace("PORT", "7000"),
      /replcas.*did you mean replicas/,
    ],
    ["a port out of range", fleet("replicas: 2").replace("PORT", "70000"), /containerPort.*65535/],
    [
      "a wrong document behind a right one",
      NETWORK + fleet("replicas: -1").replace("PORT", "7000"),
      /replicas/,
    ],
    ["an unknown kind", "apiVersion: agones.dev/v1\nkind: Fleat\nmetadata: { name: x }\n", /Fleat/],
  ])("is refused by one clear error: %s", async (_, yaml, words) => {
    expectOneError(await apply(yaml), 2, words);
  });

  it.each([
    ["a volume", { volumes: [{ name: "v", named: { volume: "../../etc" } }] }],
    ["a secret", { volumes: [{ name: "v", secret: { secretName: "../admin.token" } }] }],
    [
      "a mount",
      {
        volumes: [{ name: "v", emptyDir: {} }],
        volumeMounts: [{ name: "v", mountPath: "/a/../../etc" }],
      },
    ],
  ])("is refused by the API: %s that leads out of its folder", async (_, spec) => {
    const { status, body } = await instance.request("POST", CONTAINERS, container("out", spec));
    expect({ status, body }).toMatchObject({ status: 422, body: { kind: "Status" } });
  });

  it("is refused: a body that is no JSON", async () => {
    const headers = {
      authorization: `Bearer ${instance.adminToken}`,
      "content-type": "application/json",
    };
    const answer = await fetch(instance.url + CONTAINERS, {
      method: "POST",
      headers,
      body: "{nope",
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ kind: "Status", code: 400 });
  });

  it("is told by the resource: an image that is missing", async () => {
    const made = await instance.request(
      "POST",
      CONTAINERS,
      container("lost", { image: "red-blu" }),
    );
    expect(made.status).toBe(201);
    const { status } = await until(
      instance,
      ["Container", "lost"],
      (c) => c.status.reason === "ImageMissing",
    );
    expect(status.message).toMatch(/red-blu\b.*red-blue/);
    expect(await instance.mustCli("describe", "container/lost")).toMatch(
      /^Reason: +ImageMissing$/m,
    );
    await instance.mustCli("delete", "container/lost");
  });

  it("waits and says why: a game server for which no port is free", async () => {
    const names = Array.from({ length: PORTS + 1 }, (_, i) => `gs-${i}`);
    for (const name of names.slice(0, PORTS)) {
      await instance.request("POST", GAME_SERVERS, gameServer(name));
      await until(instance, ["GameServer", name], ({ status }) => status.state === "Scheduled");
    }
    const last = names.at(-1) ?? "";
    expect((await instance.request("POST", GAME_SERVERS, gameServer(last))).status).toBe(201);
    const waits = await until(instance, ["GameServer", last], ({ status }) => !!status.reason);
    expect(waits.status).toMatchObject({
      reason: "PortRangeFull",
      message: expect.stringMatching(/port/),
    });
    expect(waits.status.container).toBeUndefined();
    for (const name of names.slice(0, PORTS))
      expect((await seen(instance, "GameServer", name)).status.state).toBe("Scheduled");
    await instance.mustCli("delete", "gs/gs-0");
    await until(instance, ["GameServer", last], ({ status }) => status.state === "Scheduled");
    await instance.mustCli("delete", ...names.slice(1).map((name) => `gs/${name}`));
    await expect.poll(() => listed(instance, "GameServer"), SOON).toEqual([]);
  });

  it.each([
    ["no token", "", 401],
    ["a wrong token", "Bearer abcdef", 401],
    ["a token that is too narrow", "allocate", 403],
  ])("is refused: a request with %s", async (_, given, status) => {
    const narrow = (await readFile(join(instance.state, "allocate.token"), "utf8")).trim();
    const authorization = given === "allocate" ? `Bearer ${narrow}` : given;
    for (const [method, path] of [
      ["DELETE", `${CONTAINERS}/red`],
      ["GET", CONTAINERS],
    ]) {
      const answer = await fetch(instance.url + path, {
        method: method ?? "",
        headers: { authorization },
      });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ kind: "Status", code: status });
    }
  });

  it("is refused on the command line: a token that is too narrow, and one that is wrong", async () => {
    const narrow = ["--token-file", join(instance.state, "allocate.token")];
    expectOneError(
      await instance.cli("delete", ...narrow, "container/red"),
      4,
      /scope allocate.*admin/,
    );
    const file = join(folder, "token");
    await writeFile(file, "wrong\n");
    expectOneError(await instance.cli("get", "--token-file", file, "gs"), 4, /token/);
  });

  it("is refused by the shim: a folder that it may not touch", async () => {
    await writeFile(join(folder, "log.0"), "mine");
    await using client = await ShimClient.connect(join(instance.state, "run/shim.sock"));
    for (const path of [folder, `${instance.state}/containers/../../${folder.split("/").at(-1)}`])
      await expect(client.remove("e2e", path, { withLogs: true })).rejects.toMatchObject({
        code: expect.stringMatching(/FORBIDDEN|INVALID/),
      });
    expect(existsSync(join(folder, "log.0"))).toBe(true);
  });

  it("is answered by the shim with the end of the connection: garbage", async () => {
    const pid = instance.pid("shim");
    for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.alloc(100_000, 0xff)]) {
      const socket = connect(join(instance.state, "run/shim.sock"));
      let answer = Buffer.alloc(0);
      socket.on("data", (chunk) => (answer = Buffer.concat([answer, chunk])));
      // Whoever closes before all was read resets the connection: that is an error, and then the end.
      socket.on("error", () => undefined);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(bytes);
      await closed;
      expect(answer.length).toBeLessThan(500);
    }
    expect(instance.pid("shim")).toBe(pid);
    expect((await instance.cli("exec", "container/red", "--", "busybox", "true")).code).toBe(0);
  });
});
