import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACCESS, type Access } from "../access/scopes.ts";
import { ROLES, type Scope } from "../access/tokens.ts";
import { type Browser, logIn, newToken, newUser } from "./access.fixture.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";

/** Every route that there is. One that is not here fails the test: say what it does before anybody may call it. */
// biome-ignore format: a table is read by its columns
const ROUTES: readonly (readonly [methods: string, path: RegExp, access: Access])[] = [
  ["GET",                   /^\/(livez|readyz|openapi\.json|\.well-known\/jwks\.json)$/,              "open"],
  ["POST",                  /^\/v1\/session(\/welcome)?$/,                                            "open"],
  ["GET DELETE",            /^\/v1\/session$/,                                                        "self"],
  ["POST",                  /^\/v1\/session\/password$/,                                              "self"],
  ["GET",                   /^\/(version|api|apis|apis\/[^/]+|apis\/[^/]+\/v\w+)$/,                   "look"],
  ["GET",                   /^\/metrics$/,                                                            "read"],
  ["GET",                   /^\/apis\/.*\/(log|events|events\/\{name\})$/,                            "read"],
  ["GET",                   /^\/apis\/.*$/,                                                           "read"],
  ["POST",                  /^\/apis\/.*\/exec$/,                                                     "enter"],
  ["POST",                  /^\/apis\/.*\/gameserverallocations$/,                                    "allocate"],
  ["POST PUT PATCH DELETE", /^\/apis\/.*$/,                                                           "write"],
  ["POST",                  /^\/(gameserverallocation|v1\/allocations:batch)$/,                       "allocate"],
  ["GET POST PATCH DELETE", /^\/v1\/(rooms.*|waiting)$/,                                              "allocate"],
  ["GET",                   /^\/v1\/(overview|samples|rows|stream|history|alerts|alert-rules|silences)$/, "read"],
  ["POST DELETE",           /^\/v1\/(alerts|silences)(\/.*)?$/,                                       "operate"],
  ["GET POST PATCH DELETE", /^\/v1\/(users|tokens)(\/.*)?$/,                                          "manage"],
  ["POST",                  /^\/(v1\/welcome|link\/v1\/node-tokens)$/,                                "manage"],
  ["GET",                   /^\/v1\/audit$/,                                                          "manage"],
  ["POST",                  /^\/link\/v1\/join$/,                                                     "join"],
  ["GET POST",              /^\/link\/v1\/nodes\/.*$/,                                                "link"],
];

interface Row {
  readonly path: string;
  readonly method: string;
  readonly access: Access;
}
interface Caller {
  readonly name: string;
  readonly scope: Scope | undefined;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly isBrowser?: boolean;
  /** A browser's page that knows no csrf value. */
  readonly isForeign?: boolean;
}

let api: ApiHarness;
const browsers = new Map<string, Browser>();
const callers: Caller[] = [];
beforeAll(async () => {
  api = await openApi();
  const bearer = (token: string) => () => ({ authorization: `Bearer ${token}` });
  for (const role of ROLES) {
    browsers.set(role, await newUser(api, `a-${role}`, role));
    const cookie = (): string => browsers.get(role)?.cookie ?? "";
    const csrf = (): string => browsers.get(role)?.csrf ?? "";
    const headers = () => ({ cookie: cookie(), "x-flotilla-csrf": csrf() });
    const known = { scope: role, isBrowser: true };
    callers.push({ ...known, name: `${role}'s browser`, headers });
    const foreign = { ...known, isForeign: true, headers: () => ({ cookie: cookie() }) };
    callers.push({ ...foreign, name: `a page of another site in ${role}'s browser` });
  }
  for (const role of [...ROLES, "allocate"] as const) {
    const { token } = await newToken(api, role);
    callers.push({ name: `${role}'s token`, scope: role, headers: bearer(token) });
  }
  for (const scope of ["admin", "allocate", "agent"] as const)
    callers.push({ name: `file ${scope}`, scope, headers: bearer(api.tokens[scope]) });
  callers.push({ name: "nobody", scope: undefined, headers: () => ({}) });
  callers.push({ name: "a wrong token", scope: undefined, headers: bearer("x".repeat(43)) });
  const wrong = `flotilla_session=${"x".repeat(43)}`;
  callers.push({ name: "a wrong cookie", scope: undefined, headers: () => ({ cookie: wrong }) });
});
afterAll(() => api[Symbol.asyncDispose]());

async function routes(): Promise<Row[]> {
  const { body } = await api.ask("/openapi.json");
  return Object.entries(
    body.paths as Record<string, Record<string, Record<string, unknown>>>,
  ).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => method !== "parameters")
      .map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        access: operation["x-flotilla-access"] as Access,
      })),
  );
}

const accessOf = (method: string, path: string): Access | undefined =>
  ROUTES.find(([methods, form]) => methods.split(" ").includes(method) && form.test(path))?.[2];

/** The status alone: a stream's answer is not waited for. */
async function statusOf(
  path: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const body = ["POST", "PUT", "PATCH"].includes(method) ? { body: "{}" } : {};
  const type = "body" in body ? { "content-type": "application/json" } : {};
  const url = api.url + path.replace(/\{(\w+)\}/g, "none");
  const response = await fetch(url, { method, headers: { ...headers, ...type }, ...body });
  if (response.headers.get("content-type")?.startsWith("text/event-stream"))
    await response.body?.cancel();
  else await response.arrayBuffer();
  return response.status;
}

function expectedFor(
  { access, method }: Row,
  { scope, isForeign, isBrowser }: Caller,
): number | "in" {
  const scopes = ACCESS[access];
  if (scopes.length === 0) return "in";
  if (scope === undefined) return 401;
  if (isForeign && method !== "GET") return 403;
  // One's own session is a browser's: a token has none.
  if (access === "self" && !isBrowser) return scopes.includes(scope) ? 401 : 403;
  return scopes.includes(scope) ? "in" : 403;
}

/** Those first who end nobody's session. */
function split(all: readonly Caller[]): readonly [Caller[], Caller[]] {
  const ends = ({ isBrowser, isForeign }: Caller): boolean => isBrowser === true && !isForeign;
  return [all.filter((one) => !ends(one)), all.filter(ends)];
}

describe("every route, for every role", () => {
  it("does what the table says it does", async () => {
    const rows = await routes();
    const wrong = rows.flatMap(({ method, path, access }) => {
      const known = accessOf(method, path);
      return known === access ? [] : [`${method} ${path} is ${access}, the table says ${known}`];
    });
    expect(wrong).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
  });

  it("lets in who may, by file, token and cookie, and nobody else", async () => {
    const wrong: string[] = [];
    let asked = 0;
    const look = async (row: Row, caller: Caller): Promise<void> => {
      const status = await statusOf(row.path, row.method, caller.headers());
      asked += 1;
      const seen = status === 401 || status === 403 ? status : "in";
      const expected = expectedFor(row, caller);
      if (seen !== expected) wrong.push(`${row.method} ${row.path} ${caller.name}: ${status}`);
    };
    for (const row of await routes()) {
      if (row.access === "link" && row.path.endsWith("/watch")) continue;
      const endsSessions = row.path === "/v1/session" && row.method === "DELETE";
      const [first, later] = endsSessions ? split(callers) : [callers, []];
      await Promise.all(first.map((caller) => look(row, caller)));
      await Promise.all(later.map((caller) => look(row, caller)));
      if (!endsSessions) continue;
      for (const role of ROLES) browsers.set(role, await logIn(api, `a-${role}`));
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(1_500);
  }, 90_000);

  it("asks for a credential, too, where a method is missing", async () => {
    const path = "/apis/agones.dev/v1/namespaces/default/fleets";
    expect(await statusOf(path, "DELETE", {})).toBe(401);
    const admin = { authorization: `Bearer ${api.tokens.admin}` };
    expect(await statusOf(path, "DELETE", admin)).toBe(405);
  });
});

describe("a token for some namespaces", () => {
  const fleets = (namespace: string): string =>
    `/apis/agones.dev/v1/namespaces/${namespace}/fleets`;

  it("reaches these, and nothing that is not about one of them", async () => {
    const { token } = await newToken(api, "operator", ["eu", "us"]);
    const status = async (path: string, method = "GET", body?: object): Promise<number> =>
      (await api.ask(path, { token, method, ...(body ? { body } : {}) })).status;
    expect(await status(fleets("eu"))).toBe(200);
    expect(await status(fleets("us"))).toBe(200);
    const refused = [
      [fleets("asia")],
      ["/apis/agones.dev/v1/fleets"],
      ["/apis/agones.dev/v1/fleets?namespace=eu"],
      ["/apis/agones.dev/v1/fleets", "POST", { metadata: { name: "a", namespace: "eu" } }],
      ["/apis/flotilla.dev/v1/nodes"],
      ["/metrics"],
      ["/v1/rooms"],
      ["/v1/rooms?namespace=asia"],
      ["/v1/rooms", "POST", { namespace: "asia", fleet: "arena" }],
      ["/v1/rooms?namespace=eu", "POST", { namespace: "asia", fleet: "arena" }],
      ["/v1/waiting?namespace=asia"],
      ["/gameserverallocation", "POST", { namespace: "asia" }],
    ] as const;
    for (const [path, method, body] of refused)
      expect([path, await status(path, method, body)]).toEqual([path, 403]);
    const batch = { requests: [{ metadata: { namespace: "asia" }, spec: {} }] };
    const { body } = await api.ask("/v1/allocations:batch", { token, method: "POST", body: batch });
    expect(body).toMatchObject({ results: [{ error: { code: 403 } }] });
    expect(await status("/v1/rooms?namespace=eu")).toBe(200);
    expect(await status("/gameserverallocation", "POST", { namespace: "eu" })).toBe(429);
  });

  // What these answer is narrowed to the token's namespaces: `api/namespace-reads.test.ts`.
  const narrowed = /^\/v1\/(history|alerts|alert-rules|silences|rows|samples|stream)$/;

  it("is refused whatever has no namespace in its path, but what is narrowed for it", async () => {
    const { token } = await newToken(api, "operator", ["eu"]);
    const headers = { authorization: `Bearer ${token}` };
    const wrong: string[] = [];
    for (const { path, method, access } of await routes()) {
      const isElsewhere = ["open", "look"].includes(access) || path.includes("{namespace}");
      if (method !== "GET" || isElsewhere) continue;
      const isRefused = (await statusOf(path, method, headers)) === 403;
      if (isRefused === narrowed.test(path))
        wrong.push(`${path}: ${isRefused ? "" : "not "}refused`);
    }
    expect(wrong).toEqual([]);
  });

  it("cannot write into another by what its body says", async () => {
    const { token } = await newToken(api, "operator", ["eu"]);
    const body = { metadata: { name: "away", namespace: "us" }, spec: {} };
    const path = "/apis/flotilla.dev/v1/namespaces/eu/networks";
    const answer = await api.ask(path, { token, method: "POST", body });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(api.store.get("Network", "us", "away")).toBeUndefined();
  });
});
