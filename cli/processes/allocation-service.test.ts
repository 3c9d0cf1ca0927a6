import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthority } from "../../access/authority.ts";
import { revokeClientPair } from "../../access/client-certificates.ts";
import { Tokens } from "../../access/tokens.ts";
import { GrpcClient } from "../../api/allocation-service/grpc-client.fixture.ts";
import { FakeAllocator, Lines, signedPair } from "../../api/allocation-service/service.fixture.ts";
import { systemClock } from "../../core/std/clock.ts";
import { freePort } from "../../core/std/free-port.ts";
import { Metrics } from "../../monitor/metrics.ts";
import { resolveConfig } from "../config.ts";
import { openAllocation, type PlannedAllocation, planAllocation } from "./allocation-service.ts";

const WITHIN = { timeout: 10_000, interval: 20 };
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-plan-"));
  await mkdir(join(folder, "server"));
});
afterEach(() => rm(folder, { recursive: true }));

const plan = (flags: Readonly<Record<string, string>> = {}) =>
  planAllocation(resolveConfig({ state: folder, ...flags }, {}, {}), folder, Date.now());
const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

function open(
  planned: PlannedAllocation | undefined,
  logger = new Lines(),
): Promise<AsyncDisposable | undefined> {
  return openAllocation(planned, {
    allocator: new FakeAllocator(),
    tokens: new Tokens([]),
    metrics: new Metrics(),
    clock: systemClock,
    logger,
  });
}

describe("a first start", () => {
  it("makes a pair for a client and what it checks the server by, and a later one keeps them", async () => {
    await plan();
    const names = ["allocator-client.crt", "allocator-client.key", "allocator-ca.crt"];
    const first = await Promise.all(names.map(read));
    expect(await read("server/client-ca/default.crt")).toBe(first[0]);
    expect((await stat(join(folder, "allocator-client.key"))).mode & 0o777).toBe(0o600);
    await plan();
    expect(await Promise.all(names.map(read))).toEqual(first);
  });

  it("is finished by the next one when it was cut off, and a revoked pair stays revoked", async () => {
    await plan();
    await rm(join(folder, "allocator-client.key"));
    await plan();
    expect(await read("server/client-ca/default.crt")).toBe(await read("allocator-client.crt"));
    await revokeClientPair(join(folder, "server", "client-ca"), "default");
    await plan();
    expect(existsSync(join(folder, "server/client-ca/default.crt"))).toBe(false);
  });

  it.each([
    ["it is off", { allocatorListen: "off" }],
    ["clients show a token", { allocatorAuth: "token" }],
    ["the folder of client certificates is somebody else's", { allocatorClientCa: "/somewhere" }],
  ])("makes no pair when %s", async (_, flags) => {
    await plan(flags);
    expect(existsSync(join(folder, "allocator-client.key"))).toBe(false);
  });
});

describe("the settings of the allocation service", () => {
  it("cannot ask for certificates without TLS", async () => {
    await expect(plan({ allocatorTls: "off" })).rejects.toThrow("client certificates need TLS");
    await expect(plan({ allocatorTls: "off", allocatorAuth: "none" })).resolves.toMatchObject({
      tls: undefined,
    });
  });

  it("name the folder that has no certificate for the server", async () => {
    const planned = await plan({ allocatorTls: join(folder, "none"), allocatorAuth: "none" });
    await expect(open(planned)).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining(join(folder, "none")),
      details: { next: expect.stringContaining("--allocator-tls") },
    });
  });

  it("name the place that somebody else has", async () => {
    const allocatorListen = `${await freePort()}`;
    const flags = { allocatorListen, allocatorTls: "off", allocatorAuth: "none" };
    await using _first = await open(await plan(flags));
    await expect(open(await plan(flags))).rejects.toMatchObject({
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${allocatorListen}`),
      details: { next: expect.stringContaining("--allocator-listen") },
    });
  });
});

it("follows a certificate of the user's: a new one is shown, one that cannot be used is passed over", async () => {
  const port = await freePort();
  const pairs = join(folder, "pairs");
  await mkdir(pairs);
  const issue = async (name: string): Promise<string> => {
    const authority = await openAuthority(await mkdtemp(join(folder, name)), Date.now());
    const { cert, key } = authority.certify(["localhost"]);
    await writeFile(join(pairs, "tls.key"), key);
    await writeFile(join(pairs, "tls.crt"), cert);
    return authority.certificate;
  };
  const codeBy = async (ca: string): Promise<number> => {
    using client = GrpcClient.withTls(port, ca);
    return (await client.health()).code;
  };
  const first = await issue("first");
  const flags = { allocatorListen: `${port}`, allocatorTls: pairs, allocatorAuth: "none" };
  const log = new Lines();
  await using _service = await open(await plan(flags), log);
  expect(await codeBy(first)).toBe(0);
  await writeFile(join(pairs, "tls.crt"), signedPair().ca);
  const second = await issue("second");
  await expect.poll(() => codeBy(second), WITHIN).toBe(0);
  expect(await codeBy(first)).toBe(14);
  const said = () => log.all.filter((line) => line.includes("keeps its old certificate")).length;
  const before = said();
  await writeFile(join(pairs, "tls.key"), "nonsense");
  await expect.poll(said, WITHIN).toBeGreaterThan(before);
  expect(await codeBy(second)).toBe(0);
});
