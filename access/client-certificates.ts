import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { FleetError, messageOf } from "../core/std/errors.ts";
import { certificateOf, pemOf } from "./x509.ts";

/** A client's key and its certificate, PEM. */
export interface ClientPair {
  readonly key: string;
  readonly cert: string;
}
/** One certificate of a folder of client authorities. */
export interface ClientAuthority {
  readonly file: string;
  readonly certificate: X509Certificate;
}
export interface ClientAuthorities {
  readonly found: readonly ClientAuthority[];
  /** Files that could not be used, each with why. */
  readonly problems: readonly string[];
  /** The same digest: the same files with the same content. */
  readonly digest: string;
}

const DAY_MS = 86_400_000;
const NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/;
const FILES_MAX = 1_000;
const FILE_BYTES_MAX: number = 1024 * 1024;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A fresh key, and a certificate for it that it signs itself: who trusts it trusts this client, and nobody else. */
export function makeClientPair(name: string, now: number, lifeMs: number): ClientPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const der = certificateOf({
    subject: name,
    publicKey,
    issuer: { name, key: privateKey, publicKey },
    // Clocks of other machines may be behind.
    notBefore: now - DAY_MS,
    notAfter: now + lifeMs,
    use: "client",
    names: [],
  });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { key, cert: pemOf(der) };
}

/** Makes a pair and puts its certificate into the folder; from then on the client is let in. */
export async function issueClientPair(
  folder: string,
  { name, now, lifeMs }: { readonly name: string; readonly now: number; readonly lifeMs: number },
): Promise<ClientPair> {
  const file = fileOf(folder, name);
  const pair = makeClientPair(name, now, lifeMs);
  try {
    await using handle = await open(file, "wx", 0o644);
    await handle.writeFile(pair.cert);
    await handle.sync();
    return pair;
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw isThere
      ? new FleetError("ALREADY_EXISTS", `there is a certificate ${name} already: ${file}`, {
          next: "choose another name, or revoke that one first",
        })
      : new FleetError("FAILED_PRECONDITION", `cannot write ${file}: ${messageOf(error)}`);
  }
}

/** Takes a certificate out of the folder; its client is not let in any more. */
export async function revokeClientPair(folder: string, name: string): Promise<void> {
  const file = fileOf(folder, name);
  try {
    await rm(file);
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isAbsent)
      throw new FleetError("FAILED_PRECONDITION", `cannot delete ${file}: ${messageOf(error)}`);
    throw new FleetError("NOT_FOUND", `there is no certificate ${name} in ${folder}`, {
      next: "`flotilla certificate ls` shows which there are",
    });
  }
}

function fileOf(folder: string, name: string): string {
  if (NAME.test(name)) return join(folder, `${name}.crt`);
  throw new FleetError(
    "INVALID",
    `a certificate's name has 1 to 63 letters, digits, '-' and '.', not ${JSON.stringify(name)}`,
  );
}

/**
 * Every certificate in the `*.crt` and `*.pem` files of a folder: of authorities that sign clients, or of clients
 * themselves. A folder that is not there has none; a file that cannot be used is a problem, and the others go on.
 */
export async function readClientAuthorities(folder: string): Promise<ClientAuthorities> {
  const problems: string[] = [];
  const found: ClientAuthority[] = [];
  const digest = createHash("sha256");
  const names = await certificateFiles(folder, problems);
  for (const name of names.slice(0, FILES_MAX)) {
    try {
      const text = await readBounded(join(folder, name));
      digest.update(`${name}\n${text}\n`);
      found.push(...certificatesOf(name, text));
    } catch (error) {
      problems.push(`${join(folder, name)}: ${messageOf(error)}`);
    }
  }
  if (names.length > FILES_MAX)
    problems.push(`${folder}: only the first ${FILES_MAX} of ${names.length} files are read`);
  digest.update(problems.join("\n"));
  return { found, problems, digest: digest.digest("hex") };
}

async function certificateFiles(folder: string, problems: string[]): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => /\.(crt|pem)$/.test(name)).sort();
  } catch (error) {
    problems.push(`${folder}: ${messageOf(error)}`);
    return [];
  }
}

async function readBounded(file: string): Promise<string> {
  const found = await stat(file);
  if (!found.isFile()) throw new Error("is no file");
  if (found.size > FILE_BYTES_MAX) throw new Error(`is larger than ${FILE_BYTES_MAX} bytes`);
  return await readFile(file, "utf8");
}

function certificatesOf(file: string, text: string): ClientAuthority[] {
  const blocks = text.match(PEM) ?? [];
  if (blocks.length === 0) throw new Error("holds no certificate");
  return blocks.map((block) => ({ file, certificate: new X509Certificate(block) }));
}
