import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Agent, fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GrpcClient } from "../../api/allocation-service/grpc-client.fixture.ts";
import { freePort } from "../../core/std/free-port.ts";
import { TestInstance } from "../testing/test-instance.ts";

const run = promisify(execFile);
const GO_CLIENT = join(import.meta.dirname, "go-client");
/** grpc-go is built once per machine, which takes two cores most of a minute. */
const GO_WITHIN_MS = 400_000;
/** Each test has a namespace, and what it may take is in there. */
const serversOf = (lot: string): string => `/apis/agones.dev/v1/namespaces/${lot}/gameservers`;
const WITHIN = { timeout: 60_000, interval: 100 };

let instance: TestInstance;
let port: number;
let folder: string;
beforeAll(async () => {
  port = await freePort();
  folder = await mkdtemp(join(tmpdir(), "flotilla-clients-"));
  instance = await TestInstance.start({ driver: "process", allocatorListen: `127.0.0.1:${port}` });
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const stateFile = (name: string): string => join(instance.state, name);
const read = (file: string): Promise<string> => readFile(file, "utf8");

/** Game servers that are Ready and have no container: a developer's. */
async function readyServers(lot: string, count: number, more: object = {}): Promise<void> {
  await createServers(lot, count, more);
  await expect.poll(() => states(lot), WITHIN).toEqual(Array(count).fill("Ready"));
}

async function createServers(lot: string, count: number, more: object = {}): Promise<void> {
  for (let i = 0; i < count; i++) {
    const metadata = {
      name: `${lot}-${i}`,
      annotations: { "agones.dev/dev-address": "127.0.0.1" },
    };
    const ports = [{ name: "game", portPolicy: "Static", hostPort: 7100 + i, containerPort: 7654 }];
    const template = { spec: { containers: [{ name: "game", image: "none" }] } };
    const body = { apiVersion: "agones.dev/v1", kind: "GameServer", metadata };
    const { status } = await instance.request("POST", serversOf(lot), {
      ...body,
      spec: { ports, template, ...more },
    });
    expect(status).toBe(201);
  }
}

async function states(lot: string): Promise<readonly string[]> {
  const { body } = await instance.request("GET", serversOf(lot));
  const { items } = body as { readonly items: readonly { readonly status: { state: string } }[] };
  return items.map(({ status }) => status.state);
}

async function clientOf(cert: string, key: string): Promise<GrpcClient> {
  const pair = { cert: await read(cert), key: await read(key) };
  return GrpcClient.withTls(port, await read(stateFile("allocator-ca.crt")), pair);
}
const defaultClient = (): Promise<GrpcClient> =>
  clientOf(stateFile("allocator-client.crt"), stateFile("allocator-client.key"));

/** As a program in Node asks over REST. */
async function restByNode(request: object): Promise<{ status: number; body: unknown }> {
  const [ca, cert, key] = await Promise.all(
    ["allocator-ca.crt", "allocator-client.crt", "allocator-client.key"].map((name) =>
      read(stateFile(name)),
    ),
  );
  const dispatcher = new Agent({ connect: { ca, cert, key } });
  try {
    const url = `https://localhost:${port}/gameserverallocation`;
    const body = JSON.stringify(request);
    const answer = await undiciFetch(url, { method: "POST", body, dispatcher });
    return { status: answer.status, body: await answer.json() };
  } finally {
    await dispatcher.close();
  }
}

const hasCurl = (): Promise<boolean> =>
  run("curl", ["--version"]).then(
    () => true,
    () => false,
  );

/** What curl prints of a request for a server of a lot: the body and the status. */
async function curl(lot: string, ...flags: readonly string[]): Promise<readonly string[]> {
  const body = JSON.stringify({ namespace: lot });
  const to = `https://127.0.0.1:${port}/gameserverallocation`;
  const ca = ["--cacert", stateFile("allocator-ca.crt")];
  const said = ["-s", "-w", "\n%{http_version} %{http_code}", "-d", body];
  const { stdout } = await run("curl", [to, ...ca, ...said, ...flags]);
  return stdout.split("\n");
}
const withPair = (): string[] => [
  ...["--cert", stateFile("allocator-client.crt")],
  ...["--key", stateFile("allocator-client.key")],
];

describe("the allocation service of a running instance", () => {
  it("is named by up, with the file that a client needs", () => {
    expect(instance.said).toContain(
      `allocator    127.0.0.1:${port}, gRPC and REST, with a client certificate (${stateFile("allocator-client.crt")})`,
    );
  });

  it("hands each server to one of many calls over gRPC, and says when there is none", async () => {
    await readyServers("grpc", 12);
    using one = await defaultClient();
    using two = await defaultClient();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => (i % 2 ? one : two).allocate({ namespace: "grpc" })),
    );
    const names = answers.flatMap(({ answer }) => (answer ? [answer.gameServerName] : []));
    expect([names.length, new Set(names).size]).toEqual([12, 12]);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([0, 8]));
    expect(await states("grpc")).toEqual(Array(12).fill("Allocated"));
  });

  it("finds room by Counters and Lists and takes it, over gRPC and REST", async () => {
    const counters = { rooms: { count: 0, capacity: 2 } };
    const lists = { players: { capacity: 4, values: ["ann"] } };
    await readyServers("room", 1, { counters, lists });
    const selector = { counters: { rooms: { minAvailable: 1 } } };
    const gameServerSelectors = [
      { ...selector, gameServerState: 1 },
      { ...selector, lists: { players: { containsValue: "ann" } } },
    ];
    const taken = { rooms: { action: "Increment", amount: "1" } };
    const request = { namespace: "room", gameServerSelectors, priorities: [{ key: "rooms" }] };
    using client = await defaultClient();
    const [action, amount] = [{ value: "Increment" }, { value: "1" }];
    const { answer } = await client.allocate({
      ...{ ...request, counters: { rooms: { action, amount } } },
      lists: { players: { addValues: ["ben"] } },
    });
    expect(answer).toMatchObject({
      counters: { rooms: { count: { value: "1" }, capacity: { value: "2" } } },
      lists: { players: { values: ["ann", "ben"], capacity: { value: "4" } } },
    });
    const second = await restByNode({ ...request, counters: taken });
    expect(second.body).toMatchObject({ counters: { rooms: { count: "2", capacity: "2" } } });
    expect((await restByNode({ ...request, counters: taken })).status).toBe(429);
  });

  it("lets a call wait for a server that comes", async () => {
    using client = await defaultClient();
    const waiting = client.allocate({ namespace: "later" }, { "wait-up-to": "60s" });
    await createServers("later", 1);
    expect((await waiting).answer).toMatchObject({ gameServerName: "later-0" });
  });

  it("answers REST to Node", async () => {
    await readyServers("node", 1);
    const ask = async () => (await restByNode({ namespace: "node" })).status;
    expect([await ask(), await ask()]).toEqual([200, 429]);
  });

  it("answers REST to curl, over HTTP/2 and HTTP/1.1", async ({ skip }) => {
    if (!(await hasCurl())) skip("there is no curl on this machine");
    await readyServers("curl", 2);
    const answers = [
      await curl("curl", "--http2", ...withPair()),
      await curl("curl", "--http1.1", ...withPair()),
    ];
    expect(answers.map(([, outcome]) => outcome)).toEqual(["2 200", "1.1 200"]);
    const names = answers.map(([body = ""]) => JSON.parse(body).gameServerName);
    expect(names.toSorted()).toEqual(["curl-0", "curl-1"]);
    expect((await curl("curl", ...withPair()))[1]).toBe("2 429");
    expect((await curl("curl", "--http1.1"))[1]).toBe("1.1 401");
    await expect(curl("curl")).rejects.toThrow("Command failed");
  });

  it("gives the same server for the same key after the server was killed", async () => {
    await readyServers("key", 3);
    using client = await defaultClient();
    const metadata = { "idempotency-key": randomUUID() };
    const first = await client.allocate({ namespace: "key" }, metadata);
    expect(first.code).toBe(0);
    instance.kill("server");
    const again = async () => (await client.allocate({ namespace: "key" }, metadata)).answer;
    await expect.poll(again, WITHIN).toEqual(first.answer);
    expect((await states("key")).toSorted()).toEqual(["Allocated", "Ready", "Ready"]);
  });

  it("lets in who was issued a certificate, and no longer when it is revoked, without a restart", async () => {
    const pid = instance.pid("server");
    await instance.mustCli("certificate", "issue", "matchmaker", "--out", join(folder, "mm"));
    using client = await clientOf(join(folder, "mm/client.crt"), join(folder, "mm/client.key"));
    // 8: nobody is free, which only who is let in is told.
    const code = async () => (await client.allocate({ namespace: "nobody" })).code;
    await expect.poll(code, WITHIN).toBe(8);
    await instance.mustCli("certificate", "revoke", "matchmaker");
    // 7: grpc-js' word for a connection that ends with INADEQUATE_SECURITY.
    await expect.poll(code, WITHIN).toBe(7);
    expect(instance.pid("server")).toBe(pid);
  });

  it("is not taken over by a second instance, which says what to set", async () => {
    const second = await mkdtemp(join(tmpdir(), "flotilla-second-"));
    const where = ["--state", second, "--port", `${await freePort()}`];
    const { code, err } = await instance.cli("server", ...where);
    expect(code).toBe(6);
    expect(err).toContain(`the allocation service cannot listen on 127.0.0.1:${port}`);
    expect(err).toContain("--allocator-listen");
    await rm(second, { recursive: true });
  });

  it(
    "works with a client in Go, on the library that Agones' own clients use",
    async ({ skip }) => {
      const program = join(folder, "go-client");
      const missing = await buildGoClient(program);
      if (missing !== undefined) skip(missing);
      await readyServers("go", 20);
      const flags = {
        ...{ ip: "127.0.0.1", port, namespace: "go", numberofclients: 4 },
        ...{ cacert: stateFile("allocator-ca.crt"), cert: stateFile("allocator-client.crt") },
        ...{ key: stateFile("allocator-client.key"), perclientallocations: 5 },
      };
      const argv = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
      const { stdout } = await run(program, argv);
      const names = stdout.trim().split("\n");
      expect([names.length, new Set(names).size]).toEqual([20, 20]);
      expect(await states("go")).toEqual(Array(20).fill("Allocated"));
      await expect(run(program, argv)).rejects.toMatchObject({
        stderr: expect.stringContaining("8 there is no available GameServer to allocate"),
      });
    },
    GO_WITHIN_MS,
  );
});

/** Builds it outside of the clone; why that cannot be, where there is no Go or nothing to fetch its modules from. */
async function buildGoClient(program: string): Promise<string | undefined> {
  const how = { cwd: GO_CLIENT, timeout: GO_WITHIN_MS };
  try {
    await run("go", ["mod", "download"], { ...how, timeout: 60_000 });
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isMissing ? "there is no Go on this machine" : "the modules of Go cannot be fetched";
  }
  await run("go", ["build", "-buildvcs=false", "-o", program, "."], how);
  return undefined;
}
