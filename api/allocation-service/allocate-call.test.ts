import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FleetError } from "../../core/std/errors.ts";
import { GrpcClient } from "./grpc-client.fixture.ts";
import {
  ALLOCATED,
  NONE_FREE,
  openService,
  type ServiceHarness,
  TOKEN,
} from "./service.fixture.ts";

const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const PATH = "/allocation.AllocationService/Allocate";
let service: ServiceHarness;
let client: GrpcClient;
beforeEach(async () => {
  service = await openService({ auth: "none", tls: false });
  client = new GrpcClient(service.port);
});
afterEach(async () => {
  client[Symbol.dispose]();
  await service[Symbol.asyncDispose]();
});

/** A field of a message, by hand: numbers are varints, everything else is bytes with their length. */
function field(id: number, value: number | string | Buffer): Buffer {
  if (typeof value === "number") return Buffer.from([id << 3, value]);
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(id << 3) | 2, bytes.length]), bytes]);
}
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
const entry = (key: string, value: string | Buffer): Buffer =>
  message(field(1, key), field(2, value));

describe("a call of Agones' allocation service", () => {
  it("is answered with what was handed out", async () => {
    const { code, answer } = await client.allocate({ namespace: "games" });
    expect(code).toBe(0);
    const { state: _, ...expected } = ALLOCATED;
    expect(answer).toEqual(expected);
    expect(service.allocator.asked).toEqual([
      {
        namespace: "games",
        spec: { selectors: [{ gameServerState: "Ready" }], scheduling: "Packed" },
      },
    ]);
  });

  it("is read by Agones' field numbers", async () => {
    const expression = message(field(1, "zone"), field(2, 1), field(3, "a"), field(3, "b"));
    const selector = message(
      field(1, entry("agones.dev/fleet", "arena")),
      field(2, 1),
      field(6, expression),
    );
    const bytes = message(
      field(1, "games"),
      field(5, 1),
      field(7, message(field(1, entry("l", "1")), field(2, entry("a", "2")))),
      field(8, selector),
    );
    expect(await client.send(PATH, bytes)).toMatchObject({ code: 0 });
    expect(service.allocator.asked).toEqual([
      {
        namespace: "games",
        spec: {
          selectors: [
            {
              matchLabels: { "agones.dev/fleet": "arena" },
              gameServerState: "Allocated",
              matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a", "b"] }],
            },
          ],
          scheduling: "Distributed",
          metadata: { labels: { l: "1" }, annotations: { a: "2" } },
        },
      },
    ]);
  });

  it("may still use the deprecated fields, in Agones' order", async () => {
    const of = (value: string): Buffer => field(1, entry("x", value));
    const bytes = message(
      field(3, of("required")),
      field(4, of("first")),
      field(4, of("second")),
      field(6, field(1, entry("l", "1"))),
    );
    await client.send(PATH, bytes);
    const [asked] = service.allocator.asked;
    expect(asked?.spec.selectors.map(({ matchLabels }) => matchLabels?.x)).toEqual([
      "first",
      "second",
      "required",
    ]);
    expect(asked?.spec.metadata).toEqual({ labels: { l: "1" } });
  });

  it("is told in Agones' words and codes that none is free, and why beside them", async () => {
    service.allocator.answer = NONE_FREE;
    expect(await client.allocate({})).toEqual({
      code: 8,
      message: "there is no available GameServer to allocate",
      why: "none of 3 game servers in namespace default is Ready",
    });
    service.allocator.answer = { ...NONE_FREE, state: "Contention" };
    expect(await client.allocate({})).toMatchObject({
      code: 10,
      message: "too many concurrent requests have overwhelmed the system",
    });
  });

  it("shows the Counters and Lists of what was handed out", async () => {
    const data = {
      counters: { rooms: { count: 0, capacity: 10 } },
      lists: { players: { values: ["ann"], capacity: 2 } },
    };
    const answer = { ...ALLOCATED, ...data };
    service.allocator.answer = answer;
    expect((await client.allocate({})).answer).toMatchObject({
      counters: { rooms: { count: {}, capacity: { value: "10" } } },
      lists: { players: { values: ["ann"], capacity: { value: "2" } } },
    });
  });

  it("hands on its idempotency key, and knows the same request in other bytes", async () => {
    for (const matchLabels of [
      { a: "1", b: "2" },
      { b: "2", a: "1" },
    ])
      await client.allocate(
        { gameServerSelectors: [{ matchLabels }] },
        { "idempotency-key": "k1" },
      );
    await client.allocate({ namespace: "other" }, { "idempotency-key": "k1" });
    const hashes = service.allocator.asked.map(({ idempotency }) => idempotency?.bodyHash);
    expect(new Set(hashes.slice(0, 2)).size).toBe(1);
    expect(hashes[2]).not.toBe(hashes[0]);
    expect(service.allocator.asked[0]?.idempotency?.key).toBe("anyone/default/k1");
    const bad = await client.allocate({}, { "idempotency-key": "with space" });
    expect(bad.code).toBe(3);
  });

  it("waits as long as its metadata says, and no longer than its client is there", async () => {
    const call = client.waiting({}, "10s");
    await expect.poll(() => service.allocator.asked.length).toBe(1);
    const [asked] = service.allocator.asked;
    expect([asked?.spec.waitUpToMs, asked?.signal?.aborted]).toEqual([10_000, false]);
    call.cancel();
    await expect.poll(() => asked?.signal?.aborted).toBe(true);
    expect(await client.allocate({}, { "wait-up-to": "soon" })).toMatchObject({ code: 3 });
    await client.allocate({}, { "wait-up-to": "1" });
    expect(service.allocator.asked[1]?.spec.waitUpToMs).toBe(1_000);
    await client.allocate({});
    expect(service.allocator.asked[2]?.signal).toBe(undefined);
  });

  it("is told when to come again, where that is known", async () => {
    service.allocator.answer = new FleetError("EXHAUSTED", "too many wait", {
      retryAfterSeconds: 3,
    });
    expect(await client.allocate({})).toMatchObject({ code: 8, retryAfter: "3" });
  });

  it.each([
    ["bytes that are no message", PATH, Buffer.from([0xff, 0xff]), 3],
    ["a namespace that is none", PATH, field(1, "UPPER"), 3],
    ["an enumeration beyond its end", PATH, field(5, 9), 3],
    ["a name that every object has", PATH, field(8, field(1, entry("__proto__", "x"))), 3],
    ["several clusters", PATH, field(2, field(1, 1)), 3],
    ["a filter of players, which Agones has no more", PATH, field(8, field(3, field(1, 1))), 3],
    ["more fields than may be, in few bytes", PATH, Buffer.from("4200".repeat(500_000), "hex"), 8],
    ["a field of another kind than declared", PATH, Buffer.from("40044200", "hex"), 3],
    ["a message over the bound", PATH, Buffer.alloc(1024 * 1024 + 1), 8],
    ["a method that is not there", "/allocation.AllocationService/Free", Buffer.alloc(0), 12],
  ])("is refused with %s, and the next one is answered", async (_, path, bytes, code) => {
    const refused = await client.send(path, bytes);
    expect([refused.code, service.allocator.asked.length]).toEqual([code, 0]);
    expect(refused.message).not.toBe("");
    expect((await client.allocate({})).code).toBe(0);
  });

  it("is told what the allocator says, in any letters", async () => {
    service.allocator.answer = new FleetError(
      "STORAGE_FULL",
      "the disk is 100% full: voll für alle",
    );
    expect(await client.allocate({})).toMatchObject({
      code: 8,
      message: "the disk is 100% full: voll für alle",
    });
    service.allocator.answer = new Error("inside");
    expect(await client.allocate({})).toMatchObject({ code: 13 });
    expect(service.log.some((line) => line.includes("inside"))).toBe(true);
  });

  it("needs a token of the right scope where tokens are asked for", async () => {
    await using other = await openService({ auth: "token" });
    using caller = GrpcClient.withTls(other.port, other.ca);
    expect(await caller.allocate({})).toMatchObject({ code: 16 });
    expect(await caller.allocate({}, { authorization: "Bearer wrong" })).toMatchObject({
      code: 16,
    });
    expect((await caller.allocate({}, AUTHORIZED)).code).toBe(0);
    expect(other.allocator.asked).toHaveLength(1);
  });
});

describe("the health of the service", () => {
  it("is SERVING while it is ready, for the server and for the service", async () => {
    expect((await client.health()).answer).toEqual({ status: 1 });
    expect((await client.health("allocation.AllocationService")).answer).toEqual({ status: 1 });
    expect(await client.health("other")).toMatchObject({ code: 5 });
    service.wait("not yet");
    expect((await client.health()).answer).toEqual({ status: 2 });
  });

  it("is told again when it changes, to who watches", async () => {
    const watching = client.watchHealth();
    expect((await watching.next()).value).toBe(1);
    service.wait("a while");
    expect((await watching.next()).value).toBe(2);
    service.wait(undefined);
    expect((await watching.next()).value).toBe(1);
    const unknown = client.watchHealth("other");
    expect((await unknown.next()).value).toBe(3);
  });
});
