import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyAudit } from "../access/audit/verify-audit.ts";
import { logIn, newToken, newUser, OUT, PASSWORD } from "./access.fixture.ts";
import { type ApiHarness, GAME_SPEC, openApi } from "./api.fixture.ts";

let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
async function audit(query = ""): Promise<Record<string, unknown>[]> {
  api.access.tally.flush();
  // Whatever comes after what was counted is written after it.
  await api.access.audit.append({
    ...{ atMs: 0, who: "test", kind: "test", from: "", action: "flush", target: "", outcome: "ok" },
  });
  const { body } = await api.ask(`/v1/audit?limit=500${query}`);
  return body.items as Record<string, unknown>[];
}

describe("who did what", () => {
  it("is told of every change of a resource: by whom, from where, from what to what", async () => {
    const ann = await newUser(api, "ann", "operator");
    const spec = { replicas: 1, template: { spec: GAME_SPEC } };
    const body = { metadata: { name: "arena" }, spec };
    await ann.ask(FLEETS, { method: "POST", body });
    await ann.ask(`${FLEETS}/arena/scale`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: { spec: { replicas: 4 } },
    });
    await ann.ask(`${FLEETS}/arena?dryRun=All`, { method: "DELETE" });
    await ann.ask(`${FLEETS}/arena`, { method: "DELETE" });
    await ann.ask(`${FLEETS}/arena`, { method: "DELETE" });
    const seen = (await audit("&who=ann&action=fleets")).toReversed();
    expect(seen.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      ...["fleets.create ok", "fleets.scale ok", "fleets.delete ok", "fleets.delete NOT_FOUND"],
    ]);
    expect(seen[1]).toMatchObject({
      ...{ who: "ann", kind: "user", from: "127.0.0.1", target: "default/arena" },
      ...{ before: { "spec.replicas": 1 }, after: { "spec.replicas": 4 } },
    });
    expect(seen[0]?.after).toMatchObject({ "spec.replicas": 1 });
  });

  it("never has a secret in it", async () => {
    const env = [
      { name: "DB_PASSWORD", value: "hunter22" },
      { name: "DB_URL", value: "mongodb://ann:hunter22@db/x" },
    ];
    const containers = [{ name: "game", image: "arena", env }];
    const template = { spec: { ...GAME_SPEC, template: { spec: { containers } } } };
    const annotations = { "a.example/api-token": "hunter22" };
    const body = { metadata: { name: "secretive", annotations }, spec: { replicas: 0, template } };
    expect((await api.ask(FLEETS, { method: "POST", body })).status).toBe(201);
    const { token } = await newToken(api, "viewer");
    await newUser(api, "hugo", "viewer");
    const text = JSON.stringify(await audit());
    expect(text).toContain("secretive");
    expect(text).toContain("(hidden)");
    for (const secret of ["hunter22", token, PASSWORD, api.tokens.admin])
      expect(text).not.toContain(secret);
  });

  it("has every login, right and wrong, and log-out", async () => {
    await newUser(api, "ida", "viewer");
    const body = { user: "ida", password: "a wrong password" };
    await api.ask("/v1/session", { ...OUT, method: "POST", body });
    const ida = await logIn(api, "ida");
    await ida.ask("/v1/session", { method: "DELETE" });
    const seen = await audit("&target=ida");
    const told = seen.map(({ action, who, outcome }) => `${action} by ${who}: ${outcome}`).sort();
    expect(told).toEqual([
      ...["login by ida: UNAUTHENTICATED", "login by ida: ok", "logout by ida: ok"],
      ...["users.create by admin: ok", "welcome by ida: ok"],
    ]);
  });

  it("counts allocations and refusals by the second, with how many", async () => {
    api.access.tally.flush();
    const beganAt = performance.now();
    await api.put(
      "GameServer",
      { metadata: { name: "one", namespace: "tally" }, spec: GAME_SPEC },
      { state: "Ready" },
    );
    const path = "/apis/allocation.agones.dev/v1/namespaces/tally/gameserverallocations";
    for (let i = 0; i < 5; i += 1) await api.ask(path, { method: "POST", body: {} });
    for (let i = 0; i < 7; i += 1)
      await api.ask(`${FLEETS}/nothing`, { method: "DELETE", token: "x".repeat(43) });
    const allocations = await audit("&target=tally");
    // A record for each second that it took: on a busy machine more than one.
    const recordsMax = 1 + Math.floor((performance.now() - beganAt) / 1_000);
    const countOf = (rows: readonly Record<string, unknown>[], outcome: string): number => {
      const counts = rows
        .filter((row) => row.outcome === outcome)
        .map(({ count }) => Number(count));
      expect(counts.length).toBeLessThanOrEqual(recordsMax);
      return counts.reduce((sum, count) => sum + count, 0);
    };
    expect([countOf(allocations, "ok"), countOf(allocations, "UnAllocated")]).toEqual([1, 4]);
    expect(new Set(allocations.map(({ outcome }) => outcome)).size).toBe(2);
    expect(allocations[0]).toMatchObject({
      who: "admin",
      kind: "file",
      action: "allocate",
      from: "127.0.0.1",
    });
    const refused = await audit("&target=nothing");
    expect(countOf(refused, "UNAUTHENTICATED")).toBe(7);
    for (const one of refused)
      expect(one).toMatchObject({ kind: "nobody", outcome: "UNAUTHENTICATED" });
  });

  it("is exported whole as JSON, and as CSV that no spreadsheet takes for formulas", async () => {
    const name = { name: "x", role: "viewer", days: 1, namespaces: ["-bad"] };
    await api.ask("/v1/tokens", { method: "POST", body: { ...name, name: "=cmd()" } });
    const json = await api.ask("/v1/audit?format=json");
    expect(json.headers.get("content-disposition")).toBe('attachment; filename="audit.json"');
    const all = JSON.parse(json.text) as { seq: number }[];
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => all.length - i));
    const csv = await api.ask("/v1/audit?format=csv");
    const lines = csv.text.trimEnd().split("\r\n");
    expect(lines[0]).toBe("seq,at,who,kind,from,action,target,outcome,count,message,before,after");
    expect(csv.text).toContain(",'=cmd(),");
    expect((await api.ask("/v1/audit?format=xml")).status).toBe(400);
  });

  it("is a chain that verifies", async () => {
    await audit();
    const { folder } = api.access.audit;
    const found = await verifyAudit({ folder, anchorFile: `${folder}-anchor.json` });
    expect(found.problems).toEqual([]);
    expect(found.records).toBe(api.access.audit.seq);
  });
});
