import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHarness, GAME_SPEC, openApi } from "./api.fixture.ts";

const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const MERGE = { "content-type": "application/merge-patch+json" };
const fleet = (name: string, replicas = 1): object => ({
  apiVersion: "agones.dev/v1",
  kind: "Fleet",
  metadata: { name, labels: { game: name } },
  spec: { replicas, template: { spec: GAME_SPEC } },
});

let api: ApiHarness;
beforeAll(async () => {
  api = await openApi({ listMax: 450 });
});
afterAll(() => api[Symbol.asyncDispose]());

describe("the generic routes", () => {
  it("create, read, replace, patch, scale and delete, as Kubernetes does", async () => {
    const made = await api.ask(FLEETS, { method: "POST", body: fleet("arena", 2) });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      kind: "Fleet",
      metadata: { name: "arena", namespace: "default", generation: 1 },
      spec: { replicas: 2, scheduling: "Packed" },
      status: { replicas: 0 },
    });
    const got = await api.ask(`${FLEETS}/arena`);
    expect(got.body).toEqual(made.body);

    const again = await api.ask(FLEETS, { method: "POST", body: fleet("arena") });
    expect([again.status, again.body.reason]).toEqual([409, "AlreadyExists"]);

    const patched = await api.ask(`${FLEETS}/arena`, {
      method: "PATCH",
      headers: MERGE,
      body: { spec: { replicas: 3 }, metadata: { labels: { game: null, map: "snow" } } },
    });
    expect(patched.body).toMatchObject({
      metadata: { generation: 2, labels: { map: "snow" } },
      spec: { replicas: 3 },
    });
    const stale = await api.ask(`${FLEETS}/arena`, { method: "PUT", body: made.body });
    expect([stale.status, stale.body.reason]).toEqual([409, "Conflict"]);
    const replaced = await api.ask(`${FLEETS}/arena`, {
      method: "PUT",
      body: { ...patched.body, spec: { ...(patched.body.spec as object), replicas: 4 } },
    });
    expect(replaced.body).toMatchObject({ spec: { replicas: 4 }, metadata: { generation: 3 } });

    const scale = await api.ask(`${FLEETS}/arena/scale`);
    expect(scale.body).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 4 },
      status: { selector: "agones.dev/fleet=arena" },
    });
    const scaled = await api.ask(`${FLEETS}/arena/scale`, {
      method: "PATCH",
      headers: MERGE,
      body: { spec: { replicas: 6 } },
    });
    expect(scaled.body.spec).toEqual({ replicas: 6 });
    const put = { ...scaled.body, spec: { replicas: 7 } };
    expect((await api.ask(`${FLEETS}/arena/scale`, { method: "PUT", body: put })).status).toBe(200);
    const late = await api.ask(`${FLEETS}/arena/scale`, { method: "PUT", body: put });
    expect(late.status).toBe(409);

    const gone = await api.ask(`${FLEETS}/arena`, { method: "DELETE" });
    expect(gone.body).toMatchObject({
      kind: "Status",
      status: "Success",
      details: { name: "arena", kind: "fleets" },
    });
    const missing = await api.ask(`${FLEETS}/arena`);
    expect([missing.status, missing.body.kind]).toEqual([404, "Status"]);
    expect((await api.ask(`${FLEETS}/arena`, { method: "DELETE" })).status).toBe(404);
  });

  it("change nothing on a dry run, and nothing when nothing differs", async () => {
    const dry = await api.ask(`${FLEETS}?dryRun=All`, { method: "POST", body: fleet("dry") });
    expect(dry.status).toBe(201);
    expect((await api.ask(`${FLEETS}/dry`)).status).toBe(404);
    const made = await api.ask(FLEETS, { method: "POST", body: fleet("same") });
    const same = await api.ask(`${FLEETS}/same`, {
      method: "PATCH",
      headers: MERGE,
      body: fleet("same"),
    });
    expect(same.body.metadata).toEqual(made.body.metadata);
    await api.ask(`${FLEETS}/same?dryRun=All`, { method: "DELETE" });
    expect((await api.ask(`${FLEETS}/same`)).status).toBe(200);
  });

  it("take JSON patches, whole or not at all", async () => {
    await api.ask(FLEETS, { method: "POST", body: fleet("patched") });
    const headers = { "content-type": "application/json-patch+json" };
    const patch = (body: unknown) =>
      api.ask(`${FLEETS}/patched`, { method: "PATCH", headers, body });
    const done = await patch([
      { op: "test", path: "/spec/replicas", value: 1 },
      { op: "replace", path: "/spec/replicas", value: 9 },
      { op: "add", path: "/metadata/labels/a~1b", value: "c" },
      { op: "remove", path: "/metadata/labels/game" },
    ]);
    expect(done.body).toMatchObject({
      spec: { replicas: 9 },
      metadata: { labels: { "a/b": "c" } },
    });
    const misfit = await patch([
      { op: "replace", path: "/spec/replicas", value: 1 },
      { op: "test", path: "/spec/scheduling", value: "Distributed" },
    ]);
    expect([misfit.status, misfit.body.message]).toEqual([
      422,
      "the JSON patch does not fit: /spec/scheduling holds another value",
    ]);
    expect((await api.ask(`${FLEETS}/patched`)).body.spec).toMatchObject({ replicas: 9 });
  });

  it("mark what runs on a node instead of removing it", async () => {
    const servers = "/apis/agones.dev/v1/namespaces/default/gameservers";
    const input = { metadata: { name: "on-node" }, spec: GAME_SPEC };
    await api.put("GameServer", input, { state: "Ready", nodeName: "a" });
    const marked = await api.ask(`${servers}/on-node?gracePeriodSeconds=5`, { method: "DELETE" });
    expect(marked.body).toMatchObject({
      kind: "GameServer",
      metadata: { deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 5 },
    });
    const again = await api.ask(`${servers}/on-node`, { method: "DELETE" });
    expect(again.body.metadata).toEqual(marked.body.metadata);
    const precondition = { preconditions: { uid: "another" } };
    const other = await api.ask(`${servers}/on-node`, { method: "DELETE", body: precondition });
    expect(other.status).toBe(409);
  });

  it("mark a fleet whose held servers get time to end, and remove one that has none", async () => {
    const drained = fleet("drained") as { spec: object };
    const body = { ...drained, spec: { ...drained.spec, drainSeconds: 60 } };
    await api.ask(FLEETS, { method: "POST", body });
    const marked = await api.ask(`${FLEETS}/drained`, { method: "DELETE" });
    expect(marked.body).toMatchObject({ metadata: { deletionTimestamp: expect.any(String) } });
    expect((await api.ask(`${FLEETS}/drained`)).status).toBe(200);
    await api.ask(`${FLEETS}/drained?gracePeriodSeconds=0`, { method: "DELETE" });
    expect((await api.ask(`${FLEETS}/drained`)).status).toBe(404);

    await api.ask(FLEETS, { method: "POST", body: fleet("plain") });
    const asked = await api.ask(`${FLEETS}/plain?gracePeriodSeconds=9`, { method: "DELETE" });
    expect(asked.body).toMatchObject({ metadata: { deletionGracePeriodSeconds: 9 } });
    await api.ask(FLEETS, { method: "POST", body: fleet("gone") });
    await api.ask(`${FLEETS}/gone`, { method: "DELETE" });
    expect((await api.ask(`${FLEETS}/gone`)).status).toBe(404);
  });

  it("say all problems of a spec at once, each with its place", async () => {
    const bad = {
      ...fleet("bad"),
      spec: { replicas: -1, template: { spec: { ...GAME_SPEC, ports: [{ containerPort: 0 }] } } },
    };
    const answer = await api.ask(FLEETS, { method: "POST", body: bad });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ kind: "Status", status: "Failure", reason: "Invalid" });
    const { causes } = answer.body.details as { causes: { field: string }[] };
    const fields = causes.map(({ field }) => field);
    expect(fields).toContain("spec.replicas");
    expect(fields).toContain("spec.template.spec.ports[0].containerPort");
  });

  it("treat unknown fields as fieldValidation says", async () => {
    const body = { ...fleet("unknown"), spec: { replica: 1, template: { spec: GAME_SPEC } } };
    const strict = await api.ask(`${FLEETS}?fieldValidation=Strict`, { method: "POST", body });
    expect([strict.status, strict.body.message]).toEqual([
      422,
      expect.stringContaining("did you mean replicas?"),
    ]);
    const warned = await api.ask(`${FLEETS}?dryRun=All`, { method: "POST", body });
    expect([warned.status, warned.headers.get("warning")]).toEqual([
      201,
      expect.stringMatching(/^299 - ".*spec\.replica.*"$/),
    ]);
    const ignored = await api.ask(`${FLEETS}?fieldValidation=Ignore&dryRun=All`, {
      method: "POST",
      body,
    });
    expect([ignored.status, ignored.headers.get("warning")]).toEqual([201, null]);
    const wrong = await api.ask(`${FLEETS}?fieldValidation=Perhaps`, { method: "POST", body });
    expect(wrong.status).toBe(400);
  });
});

describe("a list", () => {
  it("comes in pages, in order, by selectors, of one or all namespaces", async () => {
    const names = Array.from({ length: 500 }, (_, i) => `n${String(i).padStart(3, "0")}`);
    await Promise.all(
      names.map((name, i) =>
        api.put("Network", {
          metadata: { name, namespace: i % 2 ? "odd" : "even", labels: { third: String(i % 3) } },
          spec: {},
        }),
      ),
    );
    const all = "/apis/flotilla.dev/v1/networks";
    const seen: string[] = [];
    let next = "";
    let pages = 0;
    do {
      const page = await api.ask(`${all}?limit=120&continue=${next}`);
      expect(page.body).toMatchObject({ kind: "NetworkList", apiVersion: "flotilla.dev/v1" });
      const items = page.body.items as { metadata: { name: string; namespace: string } }[];
      seen.push(...items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
      next = (page.body.metadata as { continue?: string }).continue ?? "";
      pages += 1;
    } while (next !== "");
    expect(pages).toBe(5);
    expect(seen).toEqual(names.map((n, i) => `${i % 2 ? "odd" : "even"}/${n}`).sort());

    const bounded = await api.ask(all);
    expect(bounded.body.items).toHaveLength(450);
    expect(bounded.body.metadata).toMatchObject({ remainingItemCount: 50 });
    const odd = "/apis/flotilla.dev/v1/namespaces/odd/networks";
    const some = await api.ask(`${odd}?labelSelector=third%20in%20(0,1)`);
    expect(some.body.items).toHaveLength(167);
    const one = await api.ask(`${all}?fieldSelector=metadata.name=n007`);
    expect(one.body.items).toHaveLength(1);
    expect((await api.ask(`${all}?continue=nonsense`)).status).toBe(400);
    expect((await api.ask(`${all}?labelSelector=%3D%3D`)).status).toBe(400);
    expect((await api.ask(`${all}?limit=-1`)).status).toBe(400);
  });
});

describe("what is read", () => {
  it("waits until it is durable, and is read again when the disk had no room for it", async () => {
    const release = api.log.hold();
    const write = api.ask(FLEETS, { method: "POST", body: fleet("late") });
    let answered = false;
    while (!api.store.get("Fleet", "default", "late")) await new Promise(setImmediate);
    const read = api.ask(`${FLEETS}/late`).finally(() => {
      answered = true;
    });
    await api.ask("/livez");
    await api.ask("/livez");
    expect(answered).toBe(false);
    api.log.fail("full");
    release();
    expect((await write).status).toBe(507);
    expect((await read).status).toBe(404);
    api.log.fail("none");
    expect((await api.ask(FLEETS, { method: "POST", body: fleet("late") })).status).toBe(201);
  });
});
