import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../core/std/clock.ts";
import { FleetError } from "../core/std/errors.ts";
import { silentLogger } from "../core/std/logger.ts";
import { digestOf } from "../runtime/image/blob-folder.ts";
import { LinkClient } from "../runtime/link/link-client.ts";
import { serveTunnel } from "../runtime/link/tunnel.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";

const CONTENT = Buffer.alloc(3_000_000, "a layer");
const DIGEST = digestOf(CONTENT);
const REFERENCE = "arena:latest";

let api: ApiHarness;
let links: LinkClient[] = [];
let stop = new AbortController();
let asked: string[] = [];
let holders = 0;
/** What a holder waits for before it sends anything. */
let gate: Promise<unknown> = Promise.resolve();
/** A control plane that says nothing for so long is given up. */
const SILENCE_MS = 1_500;
/** As long as no machine stands still. */
const PATIENCE_MS = 20_000;

function link(node: string, silenceMaxMs = PATIENCE_MS): LinkClient {
  const client = new LinkClient({
    url: api.url,
    token: api.tokens.agent,
    node,
    clock: systemClock,
    logger: silentLogger,
    backoff: { firstMs: 5, factor: 2, maxMs: 50 },
    queueMax: 10,
    requestTimeoutMs: PATIENCE_MS,
    silenceMaxMs,
    streamsMax: 8,
  });
  links.push(client);
  return client;
}
/** A node that has the image. */
async function holder(node: string, content: Buffer): Promise<void> {
  const none = (): never => {
    throw new FleetError("UNSUPPORTED", "not here");
  };
  const blob = async (digest: string): Promise<Readable> => {
    asked.push(digest);
    await gate;
    return Readable.from([content.subarray(0, 1_000), content.subarray(1_000)]);
  };
  const verbs = { logs: none, exec: none, blob };
  void link(node).tunnel((stream, wire) => void serveTunnel(stream, wire, verbs), stop.signal);
  await expect
    .poll(async () => (await api.ask("/metrics")).text)
    .toContain(`flotilla_api_streams{kind="tunnel"} ${++holders}`);
}
async function read(node: string, reference = REFERENCE, from = link(node)): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of await from.blob(DIGEST, reference)) parts.push(part);
  return Buffer.concat(parts);
}

beforeEach(async () => {
  [links, stop, asked, holders] = [[], new AbortController(), [], 0];
  gate = Promise.resolve();
  api = await openApi({ bookmarkEveryMs: 100 });
  const spec = { reference: REFERENCE, digest: DIGEST, sizeBytes: CONTENT.length };
  const nodes = ["gone", "home"];
  await api.put("Image", { metadata: { name: "arena.latest" }, spec }, { nodes });
});
afterEach(async () => {
  stop.abort();
  for (const one of links) await one[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

it("gives a blob to every node, and asks one that has it once", async () => {
  await holder("home", CONTENT);
  const all = await Promise.all([read("a"), read("b"), read("c")]);
  expect(all.map((one) => digestOf(one))).toEqual([DIGEST, DIGEST, DIGEST]);
  expect(digestOf(await read("d"))).toBe(DIGEST);
  expect(asked).toEqual([DIGEST]);
});

it("says why there is none: nobody reachable has it, or sent what it is not", async () => {
  await expect(read("a")).rejects.toThrow(`no node that has image ${REFERENCE} can be reached`);
  await expect(link("a").blob(DIGEST, "other")).rejects.toThrow("there is no image other");
  const bad = await api.ask(`/link/v1/nodes/a/blobs/nonsense?image=${REFERENCE}`, {
    token: api.tokens.agent,
  });
  expect([bad.status, bad.body.message]).toEqual([400, '"nonsense" is no sha256 digest']);
  await holder("home", Buffer.from("another layer"));
  await expect(read("a")).rejects.toThrow("node home sent other content");
});

it("asks the next node when one sends what it is not, or more than the image has", async () => {
  const nodes = ["false", "flood", "home"];
  const spec = { reference: "big:latest", digest: DIGEST, sizeBytes: CONTENT.length };
  await api.put("Image", { metadata: { name: "big.latest" }, spec }, { nodes });
  await holder("false", Buffer.from("another layer"));
  await holder("flood", Buffer.alloc(CONTENT.length + 5 * 1024 * 1024));
  await expect(read("a", "big")).rejects.toThrow("node flood sent more than");
  await holder("home", CONTENT);
  expect(digestOf(await read("a", "big"))).toBe(DIGEST);
  expect(asked).toHaveLength(5);
});

it("waits for a blob that is long in coming, as long as it is told so; nothing else waits with it", async () => {
  const opened = Promise.withResolvers<void>();
  gate = opened.promise;
  await holder("home", CONTENT);
  const node = link("a", SILENCE_MS);
  const all = Promise.all(Array.from({ length: 12 }, () => read("a", REFERENCE, node)));
  await expect.poll(() => asked).toEqual([DIGEST]);
  await node.usage({ atMs: 0, rows: [] });
  await new Promise((resolve) => setTimeout(resolve, 3 * SILENCE_MS));
  opened.resolve();
  expect(new Set((await all).map((one) => digestOf(one)))).toEqual(new Set([DIGEST]));
});
