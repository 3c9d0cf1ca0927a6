import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSchema } from "../../core/model/check-schema.ts";
import type { Schema } from "../../core/model/schema.ts";
import { anyBody, anyGood } from "../service/any-body.fixture.ts";
import type { ServiceRoute } from "../service/route.ts";
import { templateOf } from "../service/route-paths.ts";
import { type Answered, create, form, png, TestAsset } from "./asset.fixture.ts";
import { assetRoutes } from "./routes.ts";

const UPLOAD = { field: "thumbnail", bytesMax: 1, timeoutMs: 1, openMax: 1, openOfOneMax: 1 };
/** The table alone: it is read, not called. */
const ROUTES = assetRoutes({ upload: UPLOAD } as Parameters<typeof assetRoutes>[0]);
const RUNS = 40;
const NAMED = ROUTES.map((route) => [`${route.method} ${route.url}`, route] as const);
const CLEAN = { problems: [], unknown: [], warnings: [] };
const NOTHING: Schema = { type: "object", properties: {} };

/** Everything that is kept. */
function keptBy(asset: TestAsset): unknown {
  using db = new DatabaseSync(fileURLToPath(asset.settings.documents), { readOnly: true });
  const select = (name: string) => db.prepare(`SELECT id, body FROM doc_${name} ORDER BY id`).all();
  // A usage is counted before a change is refused, and counted back: its sizes are what matters.
  const usages = select("usages").map(({ id, body }) => [id, JSON.parse(String(body))]);
  return [select("assets"), usages, asset.files()];
}

/** What any answer must be, whatever was asked. */
function expectForm({ status, body, headers }: Answered, route: ServiceRoute): void {
  expect(status).toBeLessThan(500);
  expect(headers["x-request-id"]).toMatch(/^[\w-]{1,64}$/);
  if (status >= 400) {
    const { code, message, details = [], ...rest } = body as unknown as Record<string, unknown[]>;
    expect({ code, message }).toEqual({ code: 0, message: expect.any(String) });
    expect(Object.keys(rest)).toEqual(["request_id"]);
    expect(details.length > 0).toBe(status === 400);
    return;
  }
  if (route.files) return;
  expect(status).toBe(route.status);
  const { code, message, ...rest } = body as unknown as Record<string, unknown>;
  expect([code, rest]).toEqual([1, {}]);
  expect(checkSchema(route.answer, message)).toEqual(CLEAN);
}

const anyUrl = (route: ServiceRoute, ids: readonly string[]): fc.Arbitrary<string> => {
  const one = fc.oneof(
    fc.constantFrom(...ids),
    anyGood(Object.values(route.params?.properties ?? {})[0] ?? { type: "string" }),
    fc.string({ minLength: 1, unit: "grapheme" }),
    fc.constantFrom("__proto__", "..", "%00", "%", "a".repeat(3_000)),
  );
  const values = fc.oneof(anyBody(route.query ?? NOTHING), fc.constant({}));
  return fc.tuple(one, values).map(([name, query]) => {
    const text = String(name);
    const part = text.includes("%") ? text : encodeURIComponent(text.toWellFormed());
    const path = route.url.replace(/:\w+/, part);
    const given = typeof query === "object" && query !== null ? Object.entries(query) : [];
    const search = given.map(([key, value]) => [
      key,
      (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed(),
    ]);
    return `${path}?${new URLSearchParams(search as [string, string][])}`;
  });
};

function anyPayload({ body, upload }: ServiceRoute): fc.Arbitrary<object> {
  const isPicture = fc.constantFrom(true, true, false);
  const forms = fc
    .tuple(fc.uint8Array({ maxLength: 300 }), isPicture, fc.string())
    .map(([bytes, good, field]) =>
      good
        ? form(png(2, 2, bytes[0]))
        : form(Buffer.from(bytes), { field: field.replace(/["\r\n]/g, "") }),
    );
  const json = anyBody(body ?? NOTHING).map((value) => ({
    body: JSON.stringify(value) ?? "",
    headers: { "content-type": "application/json" },
  }));
  return upload ? fc.oneof(forms, json) : body ? json : fc.oneof(fc.constant({}), json);
}

describe("every endpoint", () => {
  it.each(NAMED)(
    "%s answers in its form to anything, and changes nothing on a refusal",
    { timeout: 60_000 },
    async (_, route) => {
      await using asset = await TestAsset.open();
      const token = await asset.token("ann");
      const ids: string[] = [];
      for (let i = 0; i < 4; i++) ids.push((await create(asset, token)).asset_id);
      const theirs = await create(asset, await asset.token("bob"));
      const anyRequest = fc.tuple(anyUrl(route, [...ids, theirs.asset_id]), anyPayload(route));
      await fc.assert(
        fc.asyncProperty(anyRequest, async ([url, payload]) => {
          const before = keptBy(asset);
          const sent = route.method === "GET" ? {} : payload;
          const answer = await asset.send(route.method, url, { token, ...sent });
          expectForm(answer, route);
          if (answer.status >= 400) expect(keptBy(asset)).toEqual(before);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it.each(NAMED.filter(([, { access }]) => access !== "open"))(
    "%s is closed to any text that is no token",
    async (_, route) => {
      await using asset = await TestAsset.open();
      const anyToken = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.base64String(),
        fc.constantFrom("", "null", "a.b.c"),
      );
      const url = route.url.replace(/:\w+/, `a${"0".repeat(24)}`);
      await fc.assert(
        fc.asyncProperty(anyToken, async (text) => {
          const token = Buffer.from(text)
            .toString("latin1")
            .replace(/[^\x20-\x7e]/g, "?");
          expect((await asset.send(route.method, url, { token })).status).toBe(401);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it.each([
    ["that ran out", 401, "token expired", { seconds: -60 }, {}],
    ["of another issuer", 401, "token invalid", {}, { iss: "somebody" }],
    ["of another kind", 401, "token invalid", {}, { typ: "JWT" }],
    ["of an unknown key", 401, "token invalid", {}, { kid: "mine" }],
  ] as const)(
    "takes no token %s",
    async (_, status, message, { seconds = 900 }: { seconds?: number }, change) => {
      await using asset = await TestAsset.open();
      const iat = Math.floor(asset.clock.now() / 1_000);
      const token = await asset.keys.sign(
        { sub: "ann", sid: "s", iat, exp: iat + seconds },
        change,
      );
      const answer = await asset.send("GET", "/assets/mine", { token });
      expect([answer.status, answer.body.message]).toEqual([status, message]);
    },
  );

  it("says that it is not available when the login service's keys cannot be had", async () => {
    await using asset = await TestAsset.open();
    const token = await asset.token("ann");
    asset.keys.stop();
    const answer = await asset.send("GET", "/assets", { token });
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "1"]);
    asset.keys.start();
    expect((await asset.send("GET", "/assets", { token })).status).toBe(200);
  });

  it.each(NAMED.filter(([, { body }]) => body !== undefined))(
    "%s takes everything that its schema takes",
    async (_, route) => {
      await using asset = await TestAsset.open();
      const token = await asset.token("ann");
      const { asset_id } = await create(asset, token);
      const url = route.url.replace(/:\w+/, asset_id);
      const good = anyGood(route.body ?? NOTHING);
      await fc.assert(
        fc.asyncProperty(good, async (body) => {
          expect((await asset.send(route.method, url, { token, body })).status).not.toBe(400);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it("refuses a body over the bound, and one that is no JSON", async () => {
    await using asset = await TestAsset.open();
    const token = await asset.token("ann");
    const headers = { "content-type": "application/json" };
    const ask = (body: string) => asset.send("POST", "/assets", { token, headers, body });
    expect((await ask(`{"name":"${"x".repeat(20_000)}"}`)).status).toBe(413);
    expect((await ask("{")).status).toBe(400);
    expect((await ask('{"__proto__":{"a":1}}')).status).toBe(400);
  });

  it("names the methods that a path has", async () => {
    await using asset = await TestAsset.open();
    const answer = await asset.send("PUT", "/assets/a", { body: {} });
    expect([answer.status, answer.headers.allow]).toEqual([405, "GET, PATCH, DELETE"]);
  });

  it("shows its numbers to the operator, by route and not by what was asked", async () => {
    await using asset = await TestAsset.open();
    await asset.send("GET", "/assets/a0", { token: await asset.token("ann") });
    const token = readFileSync(asset.settings.tokenFile, "utf8").trim();
    const { bytes } = await asset.send("GET", "/metrics", { token });
    expect(bytes.toString()).toContain('route="/assets/:asset_id"');
    expect((await asset.send("GET", "/metrics", { token: "x" })).status).toBe(401);
  });
});

describe("the description", () => {
  it.each(NAMED)("%s has examples that are of its schemas", (_, route) => {
    const { body, params, answer, example, files } = route;
    if (body) expect(checkSchema(body, example.body)).toEqual(CLEAN);
    if (params) expect(checkSchema(params, example.params)).toEqual(CLEAN);
    if (!files) expect(checkSchema(answer, example.message)).toEqual(CLEAN);
  });

  it("shows every route, in OpenAPI 3.1", async () => {
    await using asset = await TestAsset.open();
    const { openapi, paths } = (await asset.send("GET", "/openapi.json")).body as unknown as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object; requestBody?: object }>>;
    };
    expect(openapi).toBe("3.1.0");
    const shown = Object.entries(paths).flatMap(([url, ways]) =>
      Object.keys(ways).map((way) => `${way.toUpperCase()} ${url}`),
    );
    const known = ROUTES.flatMap(({ method, url, files }) => {
      const path = templateOf(url);
      return files ? [`${method} ${path}`, `HEAD ${path}`] : [`${method} ${path}`];
    });
    expect(shown.sort()).toEqual(known.sort());
    const { put } = paths["/assets/{asset_id}/thumbnail"] ?? {};
    expect(JSON.stringify(put?.requestBody)).toContain("multipart/form-data");
    expect(Object.keys(put?.responses ?? {})).toEqual(
      expect.arrayContaining(["200", "400", "401", "403", "404", "409", "413", "503", "507"]),
    );
    expect(Object.keys(paths["/thumbnails/{sha256}"]?.get?.responses ?? {})).toEqual(
      expect.arrayContaining(["200", "206", "304", "416", "404"]),
    );
  });
});
