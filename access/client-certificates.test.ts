import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  issueClientPair,
  makeClientPair,
  readClientAuthorities,
  revokeClientPair,
} from "./client-certificates.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const DAY_MS = 86_400_000;
const CLIENT_USE = "1.3.6.1.5.5.7.3.2";
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-clients-"));
});
afterEach(() => rm(folder, { recursive: true }));

const issue = (name: string) => issueClientPair(folder, { name, now: NOW, lifeMs: DAY_MS });

describe("a client's certificate", () => {
  it("is signed by its own key, for a client and nothing else, and has its end", () => {
    const certificate = new X509Certificate(makeClientPair("matchmaker", NOW, DAY_MS).cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    const { subject, keyUsage, ca, subjectAltName } = certificate;
    expect([subject, keyUsage, ca, subjectAltName]).toEqual([
      "CN=matchmaker",
      [CLIENT_USE],
      false,
      undefined,
    ]);
    expect(Date.parse(certificate.validTo)).toBe(NOW + DAY_MS);
  });

  it("lies in the folder from its issue to its revocation", async () => {
    const { cert } = await issue("matchmaker");
    const { found, problems } = await readClientAuthorities(folder);
    expect(found.map(({ file }) => file)).toEqual(["matchmaker.crt"]);
    expect([found[0]?.certificate.toString(), problems]).toEqual([cert, []]);
    await revokeClientPair(folder, "matchmaker");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is not made twice by one name, nor by a name that leads elsewhere, nor revoked twice", async () => {
    await issue("a");
    await expect(issue("a")).rejects.toThrow("there is a certificate a already");
    await expect(issue("../a")).rejects.toThrow("a certificate's name has");
    await expect(revokeClientPair(folder, "b")).rejects.toThrow(/^there is no certificate b in \//);
  });
});

describe("a folder of client authorities", () => {
  it("holds several certificates in one file, and only files that end as they do", async () => {
    const [one, two] = [makeClientPair("one", NOW, DAY_MS), makeClientPair("two", NOW, DAY_MS)];
    await writeFile(join(folder, "both.pem"), `some words\n${one.cert}${two.cert}`);
    await writeFile(join(folder, "notes.txt"), one.cert);
    const { found } = await readClientAuthorities(folder);
    expect(found.map(({ file, certificate }) => `${file} ${certificate.subject}`)).toEqual([
      "both.pem CN=one",
      "both.pem CN=two",
    ]);
  });

  it("names every file that cannot be used, and why, and gives the others", async () => {
    await issue("good");
    await writeFile(join(folder, "empty.crt"), "");
    await writeFile(join(folder, "large.crt"), Buffer.alloc(1024 * 1024 + 1));
    await mkdir(join(folder, "folder.crt"));
    await writeFile(
      join(folder, "torn.crt"),
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    const { found, problems } = await readClientAuthorities(folder);
    expect(found).toHaveLength(1);
    expect(problems.map((problem) => problem.slice(folder.length + 1).split(":")[0])).toEqual([
      "empty.crt",
      "folder.crt",
      "large.crt",
      "torn.crt",
    ]);
  });

  it("has none when it is not there, and the same digest as long as nothing changes", async () => {
    const { found, problems } = await readClientAuthorities(join(folder, "none"));
    expect([found.length, problems.length]).toEqual([0, 1]);
    const digest = async (): Promise<string> => (await readClientAuthorities(folder)).digest;
    const first = await digest();
    expect(await digest()).toBe(first);
    await issue("a");
    expect(await digest()).not.toBe(first);
  });
});
