import { once } from "node:events";
import { utimesSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { create, form, png, TestAsset, told } from "./asset.fixture.ts";
import { sniffImage } from "./sniff-image.ts";
import { digestOf, ThumbnailFiles, UNUSED_MS } from "./thumbnail-files.ts";

const PICTURE = png(16, 9);
const PATH = `/thumbnails/${digestOf(PICTURE)}`;
const IMMUTABLE = "public, max-age=31536000, immutable";

async function withAsset(changes = {}): Promise<{
  readonly asset: TestAsset;
  readonly token: string;
  readonly url: string;
  readonly id: string;
}> {
  const asset = await TestAsset.open(changes);
  const token = await asset.token("ann");
  const { asset_id: id } = await create(asset, token);
  return { asset, token, id, url: `/assets/${id}/thumbnail` };
}

describe("a thumbnail", () => {
  it("is kept under the digest of its bytes, whatever its form says that it is", async () => {
    const { asset, token, url } = await withAsset();
    await using _ = asset;
    const sent = form(PICTURE, { type: "text/html", filename: "../../evil.html" });
    const put = await asset.send("PUT", url, { token, ...sent });
    expect(put.body.message).toMatchObject({ thumbnail: PATH, version: 2 });
    expect(asset.files()).toEqual([digestOf(PICTURE)]);
    const shown = await asset.send("GET", PATH);
    expect(shown.bytes).toEqual(PICTURE);
    expect(shown.headers).toMatchObject({
      "content-type": "image/png",
      "x-content-type-options": "nosniff",
      "cache-control": IMMUTABLE,
      etag: `"${digestOf(PICTURE)}"`,
      "accept-ranges": "bytes",
    });
  });

  it("is answered in parts, as a head, and not at all to whoever has it", async () => {
    const { asset, token, url } = await withAsset();
    await using _ = asset;
    await asset.send("PUT", url, { token, ...form(PICTURE) });
    const ask = (headers: Record<string, string>, method: "GET" | "HEAD" = "GET") =>
      asset.send(method, PATH, { headers });
    const part = await ask({ range: "bytes=1-3" });
    expect([part.status, part.bytes.toString(), part.headers["content-range"]]).toEqual([
      206,
      "PNG",
      `bytes 1-3/${PICTURE.length}`,
    ]);
    const outside = await ask({ range: "bytes=999999-" });
    expect([told(outside), outside.headers["content-range"]]).toEqual([
      '416 "range not satisfiable"',
      `bytes */${PICTURE.length}`,
    ]);
    const other = await ask({ range: "bytes=1-3", "if-range": '"another"' });
    expect([other.status, other.bytes.length]).toEqual([200, PICTURE.length]);
    const etag = `"${digestOf(PICTURE)}"`;
    expect((await ask({ range: "bytes=1-3", "if-range": etag })).status).toBe(206);
    const known = await ask({ "if-none-match": etag });
    expect([known.status, known.bytes.length, known.headers.etag]).toEqual([304, 0, etag]);
    const head = await ask({}, "HEAD");
    expect([head.status, head.bytes.length, head.headers["content-length"]]).toEqual([
      200,
      0,
      `${PICTURE.length}`,
    ]);
    expect(told(await asset.send("GET", `/thumbnails/${"0".repeat(64)}`))).toBe(
      '404 "thumbnail not found"',
    );
    const posted = await asset.send("POST", PATH, { body: {} });
    expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
  const giant = png(3_000, 1);
  it.each([
    ["an SVG", form(svg, { type: "image/svg+xml" }), 400],
    ["a page", form(Buffer.from("<!doctype html><script>1</script>")), 400],
    ["a picture that was cut off", form(PICTURE.subarray(0, -9)), 400],
    ["too wide a picture", form(giant), 400],
    ["an empty file", form(Buffer.alloc(0)), 400],
    ["another field", form(PICTURE, { field: "picture" }), 400],
    ["a form without an end", { ...form(PICTURE), body: form(PICTURE).body.subarray(0, -10) }, 400],
    ["too large a file", form(Buffer.concat([PICTURE, Buffer.alloc(70_000)])), 413],
    ["no form", { body: {}, headers: {} }, 415],
    ["raw bytes", { body: PICTURE, headers: { "content-type": "image/png" } }, 415],
    ["nothing", { headers: {} }, 400],
    [
      "a form of many parts",
      { ...form(PICTURE), body: Buffer.concat([form(PICTURE).body, form(PICTURE).body]) },
      400,
    ],
    [
      "a form without a boundary",
      { ...form(PICTURE), headers: { "content-type": "multipart/form-data" } },
      400,
    ],
  ] as const)("is refused, and nothing stays of it: %s", async (_, sent, status) => {
    const { asset, token, url, id } = await withAsset({ thumbnailBytesMax: 65_536 });
    await using _closing = asset;
    const before = await asset.send("GET", `/assets/${id}`, { token });
    expect((await asset.send("PUT", url, { token, ...sent })).status).toBe(status);
    expect((await asset.send("GET", `/assets/${id}`, { token })).body).toEqual(before.body);
    expect(asset.files()).toEqual([]);
  });

  it("is told by its bytes alone, for any bytes whatever", () => {
    expect(sniffImage(PICTURE)).toEqual({ type: "image/png", width: 16, height: 9 });
    for (const [type, width, height, hex] of PICTURES)
      expect(sniffImage(Buffer.from(hex, "hex")), type).toEqual({ type, width, height });
    for (const [, , , hex] of PICTURES)
      for (let end = 0; end < hex.length / 2; end++)
        expect(() => sniffImage(Buffer.from(hex, "hex").subarray(0, end))).not.toThrow();
  });
});

/** The smallest files that other programs take for a picture of this size. */
const PICTURES = [
  ["image/gif", 2, 3, "474946383961020003008000000000000000002c00000000020003000002028451003b"],
  ["image/jpeg", 5, 4, "ffd8ffe000104a46494600010100000100010000ffc0000b080004000501011100ffd9"],
  ["image/webp", 7, 6, "524946461a000000574542505650384c0d0000002f06400100000000000000000000"],
  ["image/webp", 8, 4, "524946461600000057454250565038580a00000000000000070000030000"],
  ["image/webp", 9, 2, "524946461600000057454250565038200a0000000000009d012a09000200"],
] as const;

describe("an upload over a connection", () => {
  async function uploading(changes = {}) {
    const found = await withAsset(changes);
    await found.asset.running.app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = found.asset.running.app.server.address() as AddressInfo;
    const { body, headers } = form(PICTURE);
    const head = (length: number, auth = found.token): string =>
      `PUT ${found.url} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${auth}\r\n` +
      `content-type: ${headers["content-type"]}\r\ncontent-length: ${length}\r\n\r\n`;
    return { ...found, port, body, head };
  }

  it.each([1, 100, -1])("that breaks off after %i bytes leaves nothing", async (bytes) => {
    const { asset, port, body, head, id, token } = await uploading();
    await using _ = asset;
    const client = connect(port, "127.0.0.1");
    await once(client, "connect");
    client.write(Buffer.concat([Buffer.from(head(body.length)), body.subarray(0, bytes)]));
    const { server } = asset.running.app;
    await once(server, "request");
    client.destroy();
    await asset.stop();
    expect(asset.files()).toEqual([]);
    await asset.start();
    const { body: kept } = await asset.send("GET", `/assets/${id}`, { token });
    expect(kept.message).toMatchObject({ version: 1 });
  });

  it("that takes too long is cut off, and its place is free again", async () => {
    const { asset, port, body, head } = await uploading({ uploadMs: 30, uploadsMax: 1 });
    await using _ = asset;
    for (let i = 0; i < 2; i++) {
      const client = connect(port, "127.0.0.1");
      const closed = once(client, "close");
      client.on("error", () => undefined);
      client.write(`${head(body.length)}--`);
      client.resume();
      await closed;
    }
    expect(asset.files()).toEqual([]);
  });

  it("waits for no more than a few others", async () => {
    const { asset, port, body, head, url, token } = await uploading({ uploadsMax: 1 });
    await using _ = asset;
    const first = connect(port, "127.0.0.1");
    first.write(head(body.length));
    await once(asset.running.app.server, "request");
    const refused = await asset.send("PUT", url, { token, ...form(PICTURE) });
    expect([told(refused), refused.headers["retry-after"]]).toEqual([
      '503 "too many uploads at the moment"',
      "1",
    ]);
    first.write(body);
    const [answer] = await once(first, "data");
    expect(String(answer)).toContain("200 OK");
    first.destroy();
  });

  it("of one player who sends slowly keeps nobody else out", async () => {
    const { asset, port, body, head, url, token } = await uploading({ uploadsOfOneMax: 2 });
    await using _ = asset;
    const slow = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    for (const client of slow) {
      const asked = once(asset.running.app.server, "request");
      client.write(head(body.length));
      await asked;
    }
    const refused = await asset.send("PUT", url, { token, ...form(PICTURE) });
    expect(told(refused)).toBe('429 "too many uploads of yours at once"');
    const other = await asset.token("ben");
    const path = `/assets/${(await create(asset, other)).asset_id}/thumbnail`;
    const { status } = await asset.send("PUT", path, { token: other, ...form(PICTURE) });
    expect(status).toBe(200);
    for (const client of slow) client.destroy();
  });

  it("of a stranger is not read at all", async () => {
    const { asset, port, head } = await uploading();
    await using _ = asset;
    const client = connect(port, "127.0.0.1");
    // The answer comes before any of the body.
    client.write(head(60_000, "forged"));
    const [answer] = await once(client, "data");
    expect(String(answer)).toContain("401 Unauthorized");
    client.destroy();
  });

  it("that says more than it may is refused before it is sent", async () => {
    const { asset, port, head } = await uploading();
    await using _ = asset;
    const client = connect(port, "127.0.0.1");
    client.write(head(50_000_000));
    const [answer] = await once(client, "data");
    expect(String(answer)).toContain("413 Payload Too Large");
    client.destroy();
  });
});

describe("files that nothing points to", () => {
  const never = new AbortController().signal;

  it("are removed when they are old, and no others", async () => {
    await using asset = await TestAsset.open();
    const files = await ThumbnailFiles.open(asset.settings.files);
    const digests = await Promise.all([0, 1, 2].map((shade) => files.write(png(2, 2, shade))));
    const [used, unused, young] = digests as [string, string, string];
    const age = (digest: string): void => {
      const at = (Date.now() - UNUSED_MS - 1_000) / 1_000;
      utimesSync(join(asset.settings.files, digest.slice(0, 2), digest), at, at);
    };
    for (const digest of [used, unused]) age(digest);
    const isUsed = async (digest: string): Promise<boolean> => digest === used;
    expect(await files.sweep(isUsed, Date.now(), never)).toBe(1);
    expect(asset.files().sort()).toEqual([used, young].sort());
    // What is written again is in use again, by whoever asks.
    await files.write(png(2, 2, 1));
    age(unused);
    await files.write(png(2, 2, 1));
    expect(await files.sweep(isUsed, Date.now(), never)).toBe(0);
    expect(await files.read(unused)).toEqual(png(2, 2, 1));
  });

  it("come back when they are put to use while they are removed", async () => {
    await using asset = await TestAsset.open();
    const files = await ThumbnailFiles.open(asset.settings.files);
    const digest = await files.write(PICTURE);
    const later = Date.now() + UNUSED_MS + 1_000;
    const isUsed = async (): Promise<boolean> => {
      // Between the look and the removal somebody uploads the same picture, and it counts as new.
      const path = join(asset.settings.files, digest.slice(0, 2), digest);
      utimesSync(path, later / 1_000, later / 1_000);
      return false;
    };
    expect(await files.sweep(isUsed, later, never)).toBe(0);
    expect(await files.read(digest)).toEqual(PICTURE);
  });
});
