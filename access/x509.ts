import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP, isIPv6 } from "node:net";

/** What a certificate says. Times in milliseconds since 1970. */
export interface CertificateSpec {
  readonly subject: string;
  readonly publicKey: KeyObject;
  /** Who signs: an authority signs for itself with its own key. */
  readonly issuer: {
    readonly name: string;
    readonly publicKey: KeyObject;
    readonly key: KeyObject;
  };
  readonly notBefore: number;
  readonly notAfter: number;
  /** What its key is for: to sign certificates, or to show who a server or a client is. */
  readonly use: "authority" | "server" | "client";
  /** Names and addresses that a server is reached by. */
  readonly names: readonly string[];
}

const OID = {
  commonName: "550403",
  ecdsaWithSha256: "2a8648ce3d040302",
  subjectKey: "551d0e",
  keyUsage: "551d0f",
  altName: "551d11",
  basicConstraints: "551d13",
  authorityKey: "551d23",
  extendedUsage: "551d25",
  serverAuth: "2b06010505070301",
  clientAuth: "2b06010505070302",
} as const;
const TRUE = tlv(0x01, Buffer.from([0xff]));

/** An X.509 v3 certificate (RFC 5280) over a P-256 key, signed with ECDSA and SHA-256; DER. */
export function certificateOf(spec: CertificateSpec): Buffer {
  const algorithm = sequence(oid("ecdsaWithSha256"));
  const content = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial()),
    algorithm,
    nameOf(spec.issuer.name),
    sequence(time(spec.notBefore), time(spec.notAfter)),
    nameOf(spec.subject),
    spec.publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(...extensionsOf(spec))),
  );
  const signature = sign("sha256", content, spec.issuer.key);
  return sequence(content, algorithm, bits(signature, 0));
}

export function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** What a machine that joins compares: SHA-256 of the whole certificate, in hexadecimal digits. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

function extensionsOf(spec: CertificateSpec): readonly Buffer[] {
  const { use, issuer, publicKey, names } = spec;
  const isAuthority = use === "authority";
  // keyCertSign and cRLSign, or digitalSignature.
  const usage = isAuthority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7);
  const common = [
    extension("basicConstraints", true, isAuthority ? sequence(TRUE) : sequence()),
    extension("keyUsage", true, usage),
    extension("subjectKey", false, tlv(0x04, keyIdOf(publicKey))),
    extension("authorityKey", false, sequence(tlv(0x80, keyIdOf(issuer.publicKey)))),
  ];
  if (isAuthority) return common;
  const purpose = oid(use === "server" ? "serverAuth" : "clientAuth");
  const extended = [...common, extension("extendedUsage", false, sequence(purpose))];
  // An empty list of names is not allowed; a client has none.
  if (names.length === 0) return extended;
  return [...extended, extension("altName", false, sequence(...names.map(generalName)))];
}

function extension(name: keyof typeof OID, isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(name), ...(isCritical ? [TRUE] : []), tlv(0x04, value));
}

function generalName(name: string): Buffer {
  if (isIP(name) === 0) return tlv(0x82, Buffer.from(name, "ascii"));
  return tlv(0x87, isIPv6(name) ? ipv6Bytes(name) : Buffer.from(name.split(".").map(Number)));
}

function ipv6Bytes(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return Buffer.from(
    [...before, ...zeros, ...after].map((g) => g.padStart(4, "0")).join(""),
    "hex",
  );
}

function nameOf(commonName: string): Buffer {
  const value = tlv(0x0c, Buffer.from(commonName));
  return sequence(tlv(0x31, sequence(oid("commonName"), value)));
}

/** 128 random bits, positive. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** Tells keys apart (RFC 5280 4.2.1.2 leaves open how); it protects nothing. */
function keyIdOf(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isLate = new Date(ms).getUTCFullYear() >= 2050;
  return isLate ? tlv(0x18, Buffer.from(digits)) : tlv(0x17, Buffer.from(digits.slice(2)));
}

function oid(name: keyof typeof OID): Buffer {
  return tlv(0x06, Buffer.from(OID[name], "hex"));
}
function integer(bytes: Buffer): Buffer {
  return tlv(0x02, bytes);
}
function bits(bytes: Buffer, unused: number): Buffer {
  return tlv(0x03, Buffer.concat([Buffer.from([unused]), bytes]));
}
function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** One value of DER: its tag, its length in as few bytes as possible, its content. */
function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
