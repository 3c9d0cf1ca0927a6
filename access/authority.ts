import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
} from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FleetError, messageOf } from "../core/std/errors.ts";
import { replaceFile } from "../runtime/linux/replace-file.ts";
import { certificateOf, fingerprintOf, pemOf } from "./x509.ts";

/** What a TLS server shows: a fresh key, its certificate, and the authority's after it. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}
export interface Authority {
  /** SHA-256 of the authority's certificate: what node tokens carry. */
  readonly pin: string;
  /** The certificate itself, PEM. */
  readonly certificate: string;
  /** A certificate for these names and addresses; made anew at every start. */
  certify(names: readonly string[]): ServerCertificate;
}

const KEY_FILE = "authority.key";
const CERTIFICATE_FILE = "authority.pem";
const NAME = "Flotilla authority";
const DAY_MS = 86_400_000;
const LIFE_MS = 3_650 * DAY_MS;

/** The authority of a state folder; made on its first use. Machines that joined know it by its fingerprint. */
export async function openAuthority(folder: string, now: number): Promise<Authority> {
  const [keyFile, certificateFile] = [join(folder, KEY_FILE), join(folder, CERTIFICATE_FILE)];
  if (!existsSync(certificateFile)) await makeAuthority(keyFile, certificateFile, now);
  const { key, certificate } = readAuthority(keyFile, certificateFile);
  const issuer = { name: NAME, key, publicKey: createPublicKey(key) };
  return {
    pin: fingerprintOf(certificate.raw),
    certificate: certificate.toString(),
    certify: (names) => {
      const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
      const der = certificateOf({
        subject: "Flotilla control plane",
        publicKey: pair.publicKey,
        issuer,
        // Clocks of other machines may be behind.
        notBefore: now - DAY_MS,
        notAfter: Date.parse(certificate.validTo),
        use: "server",
        names,
      });
      return {
        key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        cert: pemOf(der) + certificate.toString(),
      };
    },
  };
}

/** The key first: a certificate that is there has one. */
async function makeAuthority(keyFile: string, certificateFile: string, now: number): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  await replaceFile(keyFile, 0o600, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const der = certificateOf({
    subject: NAME,
    publicKey,
    issuer: { name: NAME, key: privateKey, publicKey },
    notBefore: now - DAY_MS,
    notAfter: now + LIFE_MS,
    use: "authority",
    names: [],
  });
  await replaceFile(certificateFile, 0o644, pemOf(der));
}

function readAuthority(keyFile: string, certificateFile: string) {
  try {
    const key = createPrivateKey(readFileSync(keyFile));
    const certificate = new X509Certificate(readFileSync(certificateFile));
    if (certificate.checkPrivateKey(key)) return { key, certificate };
  } catch (error) {
    throw new FleetError(
      "FAILED_PRECONDITION",
      `cannot read the authority in ${certificateFile}: ${messageOf(error)}`,
    );
  }
  throw new FleetError("FAILED_PRECONDITION", `${keyFile} is not the key of ${certificateFile}`, {
    next: "restore both from a backup, or delete both and let every machine join again",
  });
}
