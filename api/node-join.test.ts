import { once } from "node:events";
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeTokens, readJoinTicket } from "../access/node-tokens.ts";
import { NODE } from "../fleet/controller/controllers.fixture.ts";
import { TUNNEL_PROTOCOL } from "../runtime/link/link-http.ts";
import type { Answer, ApiHarness } from "./api.fixture.ts";
import { GAME_SPEC, openApi } from "./api.fixture.ts";

const STATUS = { ...NODE, images: [] };

let api: ApiHarness;
beforeEach(async () => {
  api = await openApi();
});
afterEach(() => api[Symbol.asyncDispose]());

async function nodeToken(expiresSeconds = 60): Promise<string> {
  const body = { expiresSeconds };
  const answer = await api.ask("/link/v1/node-tokens", { method: "POST", body });
  return String(answer.body.token);
}
const join = (node: string, token: string): Promise<Answer> =>
  api.ask("/link/v1/join", { method: "POST", token, body: { node } });
async function credentialOf(node: string): Promise<string> {
  return String((await join(node, await nodeToken())).body.credential);
}
const beat = (node: string, token: string, status: object = {}): Promise<Answer> =>
  api.ask(`/link/v1/nodes/${node}/heartbeat`, {
    method: "POST",
    token,
    body: { ...STATUS, ...status },
  });

describe("a machine that joins", () => {
  it("gets a credential for its node token, and is Ready from its first heartbeat on", async () => {
    const credential = await credentialOf("vm-1");
    expect(api.store.get("Node", "", "vm-1")?.status).toMatchObject({ ready: false });
    const answer = await beat("vm-1", credential);
    expect([answer.status, answer.body]).toEqual([200, { lostAfterMs: 30_000 }]);
    expect(api.store.get("Node", "", "vm-1")?.status.ready).toBe(true);
  });

  it("may speak for its own node only", async () => {
    const credential = await credentialOf("vm-1");
    await credentialOf("vm-2");
    for (const path of ["heartbeat", "reports", "sdk"]) {
      const url = `/link/v1/nodes/vm-2/${path}`;
      const answer = await api.ask(url, { method: "POST", token: credential, body: STATUS });
      expect(answer.status, path).toBe(403);
    }
    const watch = await api.ask("/link/v1/nodes/vm-2/watch", { token: credential });
    expect(watch.status).toBe(403);
    expect(String(watch.body.message)).toContain("node vm-1 may not speak for node vm-2");
  });

  it("may not use the API, and not join others", async () => {
    const credential = await credentialOf("vm-1");
    const nodes = await api.ask("/apis/flotilla.dev/v1/nodes", { token: credential });
    const tokens = await api.ask("/link/v1/node-tokens", {
      method: "POST",
      token: credential,
      body: { expiresSeconds: 60 },
    });
    expect([nodes.status, tokens.status]).toEqual([403, 403]);
    expect((await join("vm-3", credential)).status).toBe(403);
  });

  it("changes only game servers that are on it", async () => {
    const credential = await credentialOf("vm-1");
    const input = { metadata: { name: "a" }, spec: GAME_SPEC };
    const there = await api.put("GameServer", input, { state: "Starting", nodeName: "vm-2" });
    const { uid } = there.metadata;
    const subject = { kind: "GameServer", namespace: "default", name: "a", uid };
    const calls = [{ verb: "ready", subject, id: "1" }];
    const url = "/link/v1/nodes/vm-1/sdk";
    const answer = await api.ask(url, { method: "POST", token: credential, body: { calls } });
    expect(answer.body.results).toEqual([expect.objectContaining({ code: "NOT_FOUND" })]);
    expect(api.store.get("GameServer", "default", "a")?.status.state).toBe("Starting");
  });

  it("cannot say what the name of an image means", async () => {
    const image = (digit: string) => ({
      reference: "arena:latest",
      digest: `sha256:${digit.repeat(64)}`,
      sizeBytes: 1,
    });
    await beat("home", api.tokens.agent, { images: [image("a")] });
    const credential = await credentialOf("vm-1");
    await beat("vm-1", credential, { images: [image("b")] });
    const known = () => api.store.get("Image", "", "arena.latest");
    expect(known()).toMatchObject({ spec: image("a"), status: { nodes: ["home"] } });
    await beat("vm-1", credential, { images: [image("a")] });
    expect(known()?.status.nodes).toEqual(["home", "vm-1"]);
  });

  it("is out when its Node is deleted, and its credential is replaced when it joins again", async () => {
    const first = await credentialOf("vm-1");
    const again = await credentialOf("vm-1");
    expect([(await beat("vm-1", first)).status, (await beat("vm-1", again)).status]).toEqual([
      401, 200,
    ]);
    expect((await join("vm-1", await nodeToken())).status).toBe(409);
    await api.ask("/apis/flotilla.dev/v1/nodes/vm-1", { method: "DELETE" });
    expect((await beat("vm-1", again)).status).toBe(401);
  });
});

describe("a machine whose Node was deleted", () => {
  const remove = (node: string): Promise<Answer> =>
    api.ask(`/apis/flotilla.dev/v1/nodes/${node}`, { method: "DELETE" });

  it("hears no more of what it watched, and its tunnel is closed; another's stay open", async () => {
    const stop = new AbortController();
    const following = await Promise.all(
      ["vm-1", "vm-2"].map(async (node) => {
        const authorization = `Bearer ${await credentialOf(node)}`;
        const url = `${api.url}/link/v1/nodes/${node}`;
        const { signal } = stop;
        const watch = await fetch(`${url}/watch`, { headers: { authorization }, signal });
        const headers = { authorization, connection: "upgrade", upgrade: TUNNEL_PROTOCOL };
        const tunnel = request(`${url}/tunnel`, { headers, signal }).end();
        tunnel.on("error", () => undefined);
        const [, socket] = await once(tunnel, "upgrade");
        return { watch, socket };
      }),
    );
    const [gone, other] = following;
    await remove("vm-1");
    await expect(gone?.watch.text()).rejects.toThrow("terminated");
    await expect.poll(() => gone?.socket.destroyed).toBe(true);
    const text = async (): Promise<string> => (await api.ask("/metrics")).text;
    await expect.poll(text).toContain('flotilla_api_streams{kind="link"} 1');
    await expect.poll(text).toContain('flotilla_api_streams{kind="tunnel"} 1');
    expect(other?.socket.destroyed).toBe(false);
    stop.abort();
    await other?.watch.text().catch(() => undefined);
    other?.socket.destroy();
  });

  it("cannot bring it back with a heartbeat that it had begun before", async () => {
    const authorization = `Bearer ${await credentialOf("vm-1")}`;
    const headers = { authorization, "content-type": "application/json" };
    const url = `${api.url}/link/v1/nodes/vm-1/heartbeat`;
    const heartbeat = request(url, { method: "POST", headers });
    const body = JSON.stringify(STATUS);
    heartbeat.write(body.slice(0, 10));
    const text = async (): Promise<string> => (await api.ask("/metrics")).text;
    await text();
    await remove("vm-1");
    heartbeat.end(body.slice(10));
    const [answer] = await once(heartbeat, "response");
    answer.resume();
    expect(answer.statusCode).toBe(401);
    expect(api.store.get("Node", "", "vm-1")).toBeUndefined();
  });
});

describe("a node token", () => {
  it("is refused after its time, and says so", async () => {
    const token = await nodeToken(1);
    await expect.poll(async () => (await join("vm-1", token)).status).toBe(401);
    const answer = await join("vm-1", token);
    expect(String(answer.body.message)).toMatch(/^the node token expired at /);
  });

  it("is refused when anything of it was changed, or when another control plane made it", async () => {
    const token = await nodeToken();
    const [head, body = "", signature = ""] = token.split(".");
    const later = Buffer.from(JSON.stringify({ expiresAt: 9e15 })).toString("base64url");
    const other = new NodeTokens({
      store: api.store,
      secret: "another",
      now: () => 0,
      pin: undefined,
    });
    const wrong = [
      `${head}.${later}.${signature}`,
      `${head}.${body}.${"A".repeat(43)}`,
      `${head}.${body}`,
      other.issue(1e9).token,
    ];
    for (const one of wrong) expect((await join("vm-1", one)).status, one).toBe(401);
    expect(api.store.count("Node")).toBe(0);
    expect(readJoinTicket(token).expiresAt).toBeGreaterThan(0);
    expect(() => readJoinTicket("nonsense")).toThrow("this is no node token");
  });

  it("is made by an admin only, for a time within bounds, and takes a name that a node can have", async () => {
    const ask = (token: string, expiresSeconds: unknown) =>
      api.ask("/link/v1/node-tokens", { method: "POST", token, body: { expiresSeconds } });
    const { admin, allocate, agent } = api.tokens;
    for (const token of [allocate, agent]) expect((await ask(token, 60)).status).toBe(403);
    for (const bad of [0, -1, 1.5, "60", 1e9, undefined])
      expect((await ask(admin, bad)).status, String(bad)).toBe(400);
    for (const name of ["", "UPPER", "a/b", "a".repeat(300)])
      expect((await join(name, await nodeToken())).status, name).toBe(400);
  });
});
