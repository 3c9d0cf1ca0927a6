import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHarness, GAME_SPEC, openApi } from "./api.fixture.ts";
import { LateHistory } from "./history.fixture.ts";

const GS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const late = new LateHistory();
let api: ApiHarness;

beforeAll(async () => {
  api = await openApi({}, undefined, 0, [], { history: late });
  await late.open(api.store);
  for (const name of ["a", "b"]) await api.ask(GS, { method: "POST", body: gameServer(name) });
  await api.ask(`${GS}/a`, { method: "DELETE" });
});
afterAll(async () => {
  await late[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function gameServer(name: string, annotations: object = {}): object {
  const metadata = { name, annotations };
  return { apiVersion: "agones.dev/v1", kind: "GameServer", metadata, spec: GAME_SPEC };
}

describe("GET /v1/history", () => {
  it("says what changed, newest first, and who asked for it", async () => {
    const { status, body } = await api.ask("/v1/history");
    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      { kind: "GameServer", name: "a", to: "Gone", reason: "Deleted", by: "token admin" },
      { name: "b", from: "", reason: "Created", by: "token admin" },
      { name: "a", from: "", reason: "Created", by: "token admin" },
    ]);
  });

  it("pages by `next`, and narrows", async () => {
    const { body } = await api.ask("/v1/history?limit=2");
    expect(body.items).toHaveLength(2);
    const rest = await api.ask(`/v1/history?limit=2&before=${String(body.next)}`);
    expect(rest.body).toMatchObject({ items: [{ name: "a", from: "" }] });
    expect(rest.body.next).toBeUndefined();
    const one = await api.ask("/v1/history?kind=GameServer&namespace=default&name=b&by=admin");
    expect(one.body.items).toHaveLength(1);
    const none = await api.ask(`/v1/history?from=${new Date(Date.now() + 60_000).toISOString()}`);
    expect(none.body.items).toEqual([]);
  });

  it("exports a CSV that a spreadsheet may open, and the same as JSON", async () => {
    const csv = await api.ask("/v1/history?format=csv");
    expect(csv.headers.get("content-type")).toMatch(/^text\/csv/);
    expect(csv.headers.get("content-disposition")).toContain("flotilla-history.csv");
    const lines = csv.text.split("\r\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe("id,time,kind,namespace,name,uid,fleet,node,from,to,reason,message,by");
    expect(lines[1]).toContain(",GameServer,default,a,");
    const json = await api.ask("/v1/history?format=json");
    expect((JSON.parse(json.text) as { items: object[] }).items).toHaveLength(3);
  });

  it.each([
    ["kind=Fleets", "kind must be one of GameServer, "],
    ["limit=100000", "limit must be a whole number from 0 to 1000"],
    ["from=yesterday", "from must be milliseconds since 1970, or RFC 3339"],
    ["format=xml", "format must be csv or json"],
    ["before=-1", "before must be a whole number"],
  ])("refuses ?%s and says what it takes", async (query, message) => {
    const { status, body } = await api.ask(`/v1/history?${query}`);
    expect(status).toBe(400);
    expect(body.message).toContain(message);
  });

  it("is not for those who may only allocate", async () => {
    const { status } = await api.ask("/v1/history", { token: api.tokens.allocate });
    expect(status).toBe(403);
  });
});
