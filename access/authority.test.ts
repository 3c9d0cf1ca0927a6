import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Authority, openAuthority } from "./authority.ts";
import { fingerprintOf } from "./x509.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-authority-"));
});
afterEach(() => rm(folder, { recursive: true }));

function chainOf(authority: Authority, names: readonly string[]) {
  const { cert } = authority.certify(names);
  const [leaf = "", ca = ""] = cert.split(/(?<=-----END CERTIFICATE-----\n)/);
  return { leaf: new X509Certificate(leaf), ca: new X509Certificate(ca) };
}

describe("the authority of a state folder", () => {
  it("signs certificates that OpenSSL accepts for the names and addresses that were asked", async () => {
    const authority = await openAuthority(folder, NOW);
    const { leaf, ca } = chainOf(authority, ["fleet.example", "10.0.0.5", "::1", "fd00::1:2"]);
    expect([leaf.verify(ca.publicKey), ca.verify(ca.publicKey)]).toEqual([true, true]);
    expect([leaf.checkIssued(ca), leaf.ca, ca.ca]).toEqual([true, false, true]);
    for (const ip of ["10.0.0.5", "::1", "fd00::1:2"]) expect(leaf.checkIP(ip), ip).toBe(ip);
    expect(leaf.checkHost("fleet.example")).toBe("fleet.example");
    for (const other of ["10.0.0.6", "fd00::1:3"]) expect(leaf.checkIP(other)).toBeUndefined();
    expect(leaf.checkHost("other.example")).toBeUndefined();
    expect(Date.parse(leaf.validFrom)).toBe(NOW - 86_400_000);
    expect(Date.parse(ca.validTo)).toBe(NOW + 3_650 * 86_400_000);
    expect(authority.pin).toBe(fingerprintOf(ca.raw));
  });

  it("stays the same over restarts, with a key that only its owner can read", async () => {
    const first = await openAuthority(folder, NOW);
    const second = await openAuthority(folder, NOW + 1);
    expect(second.pin).toBe(first.pin);
    expect((await stat(join(folder, "authority.key"))).mode & 0o777).toBe(0o600);
    const { leaf } = chainOf(second, ["127.0.0.1"]);
    expect(leaf.verify(new X509Certificate(first.certificate).publicKey)).toBe(true);
    await writeFile(join(folder, "authority.key"), "nonsense");
    await expect(openAuthority(folder, NOW)).rejects.toThrow("cannot read the authority");
  });

  it("is known to a TLS client that has its certificate, and to no other", async () => {
    const authority = await openAuthority(folder, Date.now());
    const server = createServer(authority.certify(["127.0.0.1"]), (socket) => socket.end("hello"));
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dial = async (ca: string): Promise<string> => {
      const socket: Socket = connect({ host: "127.0.0.1", port, ca });
      let text = "";
      for await (const chunk of socket) text += chunk;
      return text;
    };
    const other = await mkdtemp(join(tmpdir(), "flotilla-authority-"));
    const stranger = await openAuthority(other, Date.now());
    try {
      expect(await dial(authority.certificate)).toBe("hello");
      await expect(dial(stranger.certificate)).rejects.toThrow(/certificate/);
    } finally {
      await rm(other, { recursive: true });
      server.close();
    }
  });
});
