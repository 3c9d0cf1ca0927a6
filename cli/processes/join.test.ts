import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastify } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Authority, openAuthority } from "../../access/authority.ts";
import { NodeTokens } from "../../access/node-tokens.ts";
import { TlsListener } from "../../api/tls-listener.ts";
import { systemClock } from "../../core/std/clock.ts";
import { freePort } from "../../core/std/free-port.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import { authorityOf, joinControlPlane } from "./join.ts";

const CREDENTIAL = "c".repeat(43);
let folder = "";
let authority: Authority;
let listener: TlsListener;
let api = "";
let asked: string[] = [];

function tokenFor(pin: string | undefined): string {
  const store = openMemoryResourceStore({
    ...STORE_BOUNDS,
    clock: systemClock,
    logger: silentLogger,
  });
  const tokens = new NodeTokens({ store, secret: "s", now: () => Date.now(), pin });
  return tokens.issue(60).token;
}
const joined = (joinToken: string, url = api): Promise<string> =>
  joinControlPlane({ api: url, node: "vm-1", joinToken }, folder);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-join-"));
  asked = [];
  authority = await openAuthority(folder, Date.now());
  const app = fastify();
  app.post("/link/v1/join", async ({ headers, body }) => {
    asked.push(`${headers.authorization} ${JSON.stringify(body)}`);
    return { credential: CREDENTIAL };
  });
  await app.ready();
  const port = await freePort();
  const place = { host: "127.0.0.1", port, closeGraceMs: 100 };
  listener = await TlsListener.open(app, { ...place, ...authority.certify(["127.0.0.1"]) });
  api = `https://127.0.0.1:${port}`;
});
afterEach(async () => {
  await listener[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("a machine that joins over TLS", () => {
  it("gets a credential from the authority that its node token names, and remembers it", async () => {
    const token = tokenFor(authority.pin);
    expect(await joined(token)).toBe(CREDENTIAL);
    expect(asked).toEqual([`Bearer ${token} {"node":"vm-1"}`]);
    expect(await readFile(join(folder, "ca.pem"), "utf8")).toBe(authority.certificate);
    expect(authorityOf({ api, state: folder })).toBe(authority.certificate);
    expect(authorityOf({ api: "http://127.0.0.1:8700", state: folder })).toBeUndefined();
  });

  it("shows its token to nobody else", async () => {
    await expect(joined(tokenFor("0".repeat(64)))).rejects.toThrow(
      "is not the control plane that made the node token",
    );
    await expect(joined(tokenFor(undefined))).rejects.toThrow("names no authority");
    await expect(joined(tokenFor(authority.pin), "http://192.0.2.1:8700")).rejects.toThrow(
      "would show the token on the way",
    );
    await expect(joined("nonsense")).rejects.toThrow("this is no node token");
    const nobody = `https://127.0.0.1:${await freePort()}`;
    await expect(joined(tokenFor(authority.pin), nobody)).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(asked).toEqual([]);
  });
});
