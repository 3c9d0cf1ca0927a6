import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSchema } from "../../core/model/check-schema.ts";
import type { Schema } from "../../core/model/schema.ts";
import { anyBody, anyGood } from "../service/any-body.fixture.ts";
import type { ServiceRoute } from "../service/route.ts";
import { ANN, type Answered, signUp, TestLogin } from "./login.fixture.ts";
import { loginRoutes } from "./routes.ts";

/** The table alone: it is read, not called. */
const ROUTES = loginRoutes({} as Parameters<typeof loginRoutes>[0]);
const RUNS = 40;
const SECRETS = ["user_pw", "new_pw", "device_id", "refresh_token", "access_token"];

/** Everything that is kept, but for the count of wrong passwords. */
function keptBy({ settings }: TestLogin): unknown[] {
  using db = new DatabaseSync(fileURLToPath(settings.documents), { readOnly: true });
  const rows = ["accounts", "sessions"].flatMap((name) =>
    db.prepare(`SELECT id, body FROM doc_${name} ORDER BY id`).all(),
  );
  return rows.map(({ id, body }) => [id, { ...JSON.parse(String(body)), failures: undefined }]);
}

/** What any answer must be, whatever was asked. */
function expectForm(
  { status, body, headers }: Answered,
  { answer, beside = {}, status: own }: ServiceRoute,
): void {
  expect(status).toBeLessThan(500);
  expect(headers["x-request-id"]).toMatch(/^[\w-]{1,64}$/);
  if (status >= 400) {
    const { code, message, details = [], ...rest } = body as unknown as Record<string, unknown[]>;
    expect({ code, message }).toEqual({ code: 0, message: expect.any(String) });
    expect(Object.keys(rest)).toEqual(["request_id"]);
    expect(details.length > 0).toBe(status === 400);
    return;
  }
  expect([own, 201]).toContain(status);
  const { code, message, ...rest } = body as unknown as Record<string, unknown>;
  expect(code).toBe(1);
  const properties = { ...beside, message: answer };
  const found = checkSchema(
    { type: "object", required: Object.keys(properties), properties },
    { message, ...rest },
  );
  expect(found).toEqual({ problems: [], unknown: [], warnings: [] });
}

function send(
  login: TestLogin,
  route: ServiceRoute,
  body: unknown,
  token: string,
): Promise<Answered> {
  if (route.method === "GET") return login.get(route.url, { token });
  return login.post(route.url, body, { token });
}

function tokenFor(login: TestLogin, { access }: ServiceRoute, player: string): string {
  return access === "operator" ? readFileSync(login.settings.tokenFile, "utf8").trim() : player;
}

describe("every endpoint", () => {
  it.each(ROUTES.map((route) => [`${route.method} ${route.url}`, route] as const))(
    "%s answers in its form to anything, changes nothing on a refusal, and logs no secret",
    { timeout: 60_000 },
    async (_, route) => {
      await using login = await TestLogin.open({ lockAfter: 1_000 });
      await signUp(login);
      const proved = { user_id: ANN.user_id, user_pw: ANN.user_pw };
      const schema: Schema = route.body ?? { type: "object", properties: {} };
      await fc.assert(
        fc.asyncProperty(anyBody(schema), async (body) => {
          const { tokens } = (await login.post("/login", proved)).body;
          const before = keptBy(login);
          const answer = await send(
            login,
            route,
            body,
            tokenFor(login, route, tokens.access_token),
          );
          expectForm(answer, route);
          if (answer.status >= 400) expect(keptBy(login)).toEqual(before);
          const said = login.logged.join("\n");
          for (const name of SECRETS) {
            const secret = (body as Record<string, unknown> | null)?.[name];
            if (typeof secret === "string" && secret.length >= 16)
              expect(said).not.toContain(secret);
          }
          if (route.url === "/password" && answer.status === 200)
            await login.post(
              "/password",
              { user_pw: (body as { new_pw: string }).new_pw, new_pw: ANN.user_pw },
              { token: tokens.access_token },
            );
        }),
        { numRuns: RUNS },
      );
    },
  );

  it.each(
    ROUTES.filter(({ access }) => access !== "open").map(
      (route) => [`${route.method} ${route.url}`, route] as const,
    ),
  )("%s is closed to any text that is no token", async (_, route) => {
    await using login = await TestLogin.open();
    await signUp(login);
    const before = keptBy(login);
    const anyToken = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.base64String(),
      fc.constantFrom("", "null", "a.b.c"),
    );
    await fc.assert(
      fc.asyncProperty(anyToken, async (text) => {
        const token = Buffer.from(text)
          .toString("latin1")
          .replace(/[^\x20-\x7e]/g, "?");
        const answer = await send(login, route, {}, token);
        expect(answer.status).toBe(401);
      }),
      { numRuns: RUNS },
    );
    expect(keptBy(login)).toEqual(before);
  });

  it.each(["/signup", "/login", "/login/device"])(
    "%s takes everything that its schema takes",
    async (url) => {
      await using login = await TestLogin.open();
      const route = ROUTES.find((one) => one.url === url);
      await fc.assert(
        fc.asyncProperty(anyGood(route?.body ?? {}), async (body) => {
          const { status } = await login.post(url, body);
          expect(status).not.toBe(400);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it.each([
    [
      "a body over the bound",
      "x".repeat(20_000),
      { "content-type": "application/json" },
      413,
      "body too large",
    ],
    ["a body that is no JSON", "{", { "content-type": "application/json" }, 400, "bad request"],
    [
      "a form",
      "a=b",
      { "content-type": "application/x-www-form-urlencoded" },
      415,
      "unsupported media type",
    ],
    [
      "a member that bends every object",
      '{"__proto__":{"a":1}}',
      { "content-type": "application/json" },
      400,
      "bad request",
    ],
    [
      "a key with spaces",
      "{}",
      { "content-type": "application/json", "idempotency-key": "a b" },
      400,
      "bad request",
    ],
  ] as const)("refuses %s", async (_, payload, headers, status, message) => {
    await using login = await TestLogin.open();
    const answer = await login.running.app.inject({
      method: "POST",
      url: "/signup",
      payload,
      headers,
    });
    expect([answer.statusCode, answer.json().message]).toEqual([status, message]);
  });

  it("keeps a client's own request id, if it is one", async () => {
    await using login = await TestLogin.open();
    const ask = (id: string) => login.get("/livez", { headers: { "x-request-id": id } });
    expect((await ask("my-request_1")).headers["x-request-id"]).toBe("my-request_1");
    expect((await ask("no such id")).headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("names the methods that a path has", async () => {
    await using login = await TestLogin.open();
    const answer = await login.get("/login");
    expect([answer.status, answer.body.message, answer.headers.allow]).toEqual([
      405,
      "method not allowed",
      "POST",
    ]);
    expect((await login.get("/nothing")).status).toBe(404);
  });
});

describe("the description", () => {
  it.each(ROUTES.map((route) => [`${route.method} ${route.url}`, route] as const))(
    "%s has examples that are of its schemas",
    (_, { body, answer, beside = {}, example }) => {
      const clean = { problems: [], unknown: [], warnings: [] };
      if (body) expect(checkSchema(body, example.body)).toEqual(clean);
      expect(checkSchema(answer, example.message)).toEqual(clean);
      for (const [name, schema] of Object.entries(beside))
        expect(checkSchema(schema, (example.beside as Record<string, unknown>)[name])).toEqual(
          clean,
        );
    },
  );

  it("shows every route with its failures, in OpenAPI 3.1", async () => {
    await using login = await TestLogin.open();
    const { openapi, paths } = (await login.get("/openapi.json")).body as unknown as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object; requestBody?: object }>>;
    };
    expect(openapi).toBe("3.1.0");
    const shown = Object.entries(paths).flatMap(([url, ways]) =>
      Object.keys(ways).map((way) => `${way.toUpperCase()} ${url}`),
    );
    expect(shown.sort()).toEqual(ROUTES.map(({ method, url }) => `${method} ${url}`).sort());
    expect(Object.keys(paths["/login"]?.post?.responses ?? {})).toEqual([
      "200",
      "400",
      "401",
      "404",
      "413",
      "429",
      "503",
    ]);
  });
});
