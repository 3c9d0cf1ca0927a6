import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logIn, newToken, newUser, OUT, PASSWORD } from "./access.fixture.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";

let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const NETWORKS = "/apis/flotilla.dev/v1/namespaces/default/networks";
const post = (path: string, body: object, more: object = {}) =>
  api.ask(path, { ...OUT, method: "POST", body, ...more });

/** A watch as a client holds it; resolves when it has ended. */
async function openWatch(
  headers: Record<string, string>,
): Promise<{ readonly ended: Promise<void> }> {
  const asking = request(`${api.url}${NETWORKS}?watch=1`, { headers }).end();
  const [response] = await once(asking, "response");
  response.resume();
  asking.on("error", () => undefined);
  return { ended: new Promise((resolve) => response.once("close", resolve)) };
}

describe("the way of the first admin", () => {
  it("goes from the link to a session, a user of its own making, and a link for that", async () => {
    const { body } = await api.ask("/v1/welcome", { method: "POST", body: {} });
    const made = { token: body.welcome, user: "ann", password: PASSWORD };
    const welcomed = await post("/v1/session/welcome", made);
    expect(welcomed.body).toMatchObject({ user: "ann", role: "admin", csrf: expect.any(String) });
    const cookie = welcomed.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^flotilla_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=604800$/,
    );
    expect(welcomed.headers.get("cache-control")).toBe("no-store");
    expect((await post("/v1/session/welcome", made)).status).toBe(401);
    expect((await api.ask("/v1/welcome", { method: "POST", body: {} })).status).toBe(409);

    const ann = await logIn(api, "ann");
    const added = await ann.ask("/v1/users", {
      method: "POST",
      body: { name: "bob", role: "viewer" },
    });
    expect(added).toMatchObject({
      status: 201,
      body: { user: { name: "bob", hasPassword: false } },
    });
    const bob = { token: added.body.welcome, user: "eve", password: PASSWORD };
    expect((await post("/v1/session/welcome", bob)).status).toBe(422);
    const { user: _user, ...own } = bob;
    expect((await post("/v1/session/welcome", own)).body).toMatchObject({
      user: "bob",
      role: "viewer",
    });
    const { body: users } = await ann.ask("/v1/users");
    expect(users.items).toMatchObject([
      { name: "ann", role: "admin", hasPassword: true, lastSeenAt: expect.any(String) },
      { name: "bob", role: "viewer", hasPassword: true },
    ]);
    expect(JSON.stringify(users)).not.toContain("argon2");
  });
});

describe("a session", () => {
  it("changes nothing without the header that only its page knows", async () => {
    const carl = await newUser(api, "carl", "operator");
    const body = { metadata: { name: "by-carl" }, spec: {} };
    for (const csrf of ["", "x".repeat(43), carl.csrf.slice(1)]) {
      const headers = { "x-flotilla-csrf": csrf };
      const answer = await carl.ask(NETWORKS, { method: "POST", body, headers });
      expect([answer.status, answer.body.message]).toEqual([
        403,
        expect.stringContaining("x-flotilla-csrf"),
      ]);
    }
    expect((await carl.ask(NETWORKS)).status).toBe(200);
    expect((await carl.ask(NETWORKS, { method: "POST", body })).status).toBe(201);
  });

  it("is judged by its role alone, also where a better token stands in the cookie's place", async () => {
    const dora = await newUser(api, "dora", "viewer");
    const body = { metadata: { name: "by-dora" }, spec: {} };
    const refused = await dora.ask(NETWORKS, { method: "POST", body });
    expect(refused.body).toMatchObject({
      code: 403,
      message: expect.stringContaining("user dora, a viewer, may not"),
    });
    // A header that is wrong is not made up for by a cookie that is right.
    const wrong = await dora.ask(NETWORKS, { token: "x".repeat(43) });
    expect(wrong.status).toBe(401);
  });

  it("is the same in every tab, and ends in all by a log-out, streams included", async () => {
    const emil = await newUser(api, "emil", "viewer");
    const other = await logIn(api, "emil");
    const [own, others] = await Promise.all([
      openWatch({ cookie: emil.cookie }),
      openWatch({ cookie: other.cookie }),
    ]);
    const left = await emil.ask("/v1/session", { method: "DELETE" });
    expect(left.headers.get("set-cookie")).toContain("Max-Age=0");
    await own.ended;
    expect((await emil.ask("/v1/session")).status).toBe(401);
    expect((await other.ask("/v1/session")).body).toMatchObject({ user: "emil" });
    expect(await Promise.race([others.ended.then(() => "ended"), sleep(50, "open")])).toBe("open");
    await api.ask("/v1/users/emil", { method: "PATCH", body: { disabled: true } });
    await others.ended;
    expect((await other.ask("/v1/session")).status).toBe(401);
    expect((await post("/v1/session", { user: "emil", password: PASSWORD })).status).toBe(401);
  });

  it("gets another role at once: what is open ends, what is asked next is judged anew", async () => {
    const fred = await newUser(api, "fred", "operator");
    const watch = await openWatch({ cookie: fred.cookie });
    const body = { role: "viewer" };
    const changed = await api.ask("/v1/users/fred", { method: "PATCH", body });
    expect(changed.body).toMatchObject({ user: { role: "viewer" }, tokens: 0 });
    await watch.ended;
    const write = { metadata: { name: "by-fred" }, spec: {} };
    expect((await fred.ask(NETWORKS, { method: "POST", body: write })).status).toBe(403);
    expect((await fred.ask("/v1/session")).body).toMatchObject({ role: "viewer" });
  });

  it("lives on where the password was changed, and nowhere else", async () => {
    const gina = await newUser(api, "gina", "viewer");
    const other = await logIn(api, "gina");
    const body = { old: PASSWORD, new: "another password" };
    const changed = await gina.ask("/v1/session/password", { method: "POST", body });
    expect(changed.status).toBe(200);
    expect((await gina.ask("/v1/session")).status).toBe(200);
    expect((await other.ask("/v1/session")).status).toBe(401);
  });
});

describe("an API token", () => {
  it("is shown once, works as any token, and ends at once when it is revoked", async () => {
    const { id, token } = await newToken(api, "operator");
    const { body } = await api.ask("/v1/tokens");
    expect(body.items).toContainEqual(expect.objectContaining({ id, role: "operator" }));
    expect(JSON.stringify(body)).not.toContain(token);
    const watch = await openWatch({ authorization: `Bearer ${token}` });
    expect((await api.ask(NETWORKS, { token })).status).toBe(200);
    expect((await api.ask(`/v1/tokens/${id}`, { method: "DELETE" })).status).toBe(200);
    await watch.ended;
    expect((await api.ask(NETWORKS, { token })).status).toBe(401);
    expect((await api.ask(`/v1/tokens/${id}`, { method: "DELETE" })).status).toBe(404);
  });

  it.each([
    ["no days", { name: "x", role: "viewer" }],
    ["too many days", { name: "x", role: "viewer", days: 9_999 }],
    ["a role that is none", { name: "x", role: "root", days: 1 }],
    ["a member that is none", { name: "x", role: "viewer", days: 1, admin: true }],
  ])("is refused with %s", async (_, body) => {
    expect((await api.ask("/v1/tokens", { method: "POST", body })).status).toBe(422);
  });
});
