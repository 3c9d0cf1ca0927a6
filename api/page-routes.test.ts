import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHarness, openApi } from "./api.fixture.ts";
import { readPage } from "./page-files.ts";

const HTML = "<!doctype html><title>Flotilla</title>".padEnd(500, " ");
const SCRIPT = "export const answer = 42;\n".repeat(40);
let folder: string;
let api: ApiHarness;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-page-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), HTML);
  const script = join(folder, "assets", "index-a1.js");
  await writeFile(script, SCRIPT);
  await writeFile(`${script}.gz`, gzipSync(SCRIPT));
  await writeFile(`${script}.br`, brotliCompressSync(SCRIPT));
  await writeFile(join(folder, "notes.txt"), "no part of the page");
  api = await openApi({}, undefined, 0, readPage(folder));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** As it comes over the wire: `fetch` would unpack it, and tidy up the path. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof raw>>>();
  const { hostname, port } = new URL(api.url);
  const asked = request({ host: hostname, port, path, method, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("end", () =>
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: Buffer.concat(chunks),
      }),
    );
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}

describe("the dashboard", () => {
  it("is sent to anybody, under a policy that allows nothing from elsewhere and nothing inline", async () => {
    const { status, headers, body } = await raw("/");
    expect([status, body.toString()]).toEqual([200, HTML]);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
  });

  it("may be kept for ever where the name changes with the content", async () => {
    const { headers } = await raw("/assets/index-a1.js");
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    const { etag = "" } = headers;
    const again = await raw("/assets/index-a1.js", { "if-none-match": String(etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it.each([
    ["br, gzip", "br", brotliDecompressSync],
    ["gzip, deflate", "gzip", gunzipSync],
    ["br;q=0, gzip", "gzip", gunzipSync],
    ["", undefined, (body: Buffer) => body],
  ] as const)("is packed as the client takes it: %j", async (accepted, encoding, unpack) => {
    const { headers, body } = await raw("/assets/index-a1.js", { "accept-encoding": accepted });
    expect(headers["content-encoding"]).toBe(encoding);
    expect(unpack(body).toString()).toBe(SCRIPT);
  });

  it("answers HEAD with the same head and no body", async () => {
    const { status, headers, body } = await raw("/", {}, "HEAD");
    expect([status, headers["content-length"], body.length]).toEqual([200, `${HTML.length}`, 0]);
  });

  it.each([
    "/notes.txt",
    "/index.html",
    "/assets/",
    "/assets/../../api.fixture.ts",
    "/assets/..%2f..%2fnotes.txt",
    "/%2e%2e/notes.txt",
    "/assets/index-a1.js.gz",
  ])("is a map of files: nothing is at %s", async (path) => {
    expect((await raw(path)).status).toBeGreaterThanOrEqual(400);
  });

  it("is no part of the API's description", async () => {
    const { body } = await api.ask("/openapi.json");
    expect(Object.keys(body.paths as object)).not.toContain("/");
  });

  it("says how to build it where it was not built", async () => {
    await using bare = await openApi();
    const { status, text } = await bare.ask("/", { token: null });
    expect(status).toBe(200);
    expect(text).toContain("The dashboard was not built here");
    expect(text).toContain("npm start");
  });
});
