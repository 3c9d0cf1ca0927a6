import {
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type JsonWebKeyInput,
  type KeyObject,
  randomUUID,
  sign,
} from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from "jose";
import { TOKEN_ALGORITHM, TOKEN_ISSUER, TOKEN_TYPE } from "../service/access-token.ts";
import type { Player } from "../service/route.ts";

const REFRESH_KEY_BYTES = 32;

const signed = promisify(
  (algorithm: null, text: Buffer, key: KeyObject, done: (e: Error | null, s: Buffer) => void) =>
    sign(algorithm, text, key, done),
);

/** The private keys of a file: the first one signs, all of them are believed. */
export class SigningKeys {
  /** For `/.well-known/jwks.json`: public parts only. */
  readonly published: JSONWebKeySet;
  readonly verification: JWTVerifyGetKey;
  /**
   * For refresh tokens, one for each key; another purpose, hence another secret. Key objects: Node takes 4 microseconds for
   * a code by one of them, and 27 by the same bytes in a buffer.
   */
  readonly refreshKeys: readonly KeyObject[];
  readonly #signing: KeyObject;
  readonly #header: string;

  private constructor(keys: readonly JWK[], first: JWK) {
    this.published = { keys: keys.map(publicPart) };
    this.verification = createLocalJWKSet(this.published);
    this.refreshKeys = keys.map(({ d = "" }) => {
      const secret = Buffer.from(d, "base64url");
      const bytes = hkdfSync("sha256", secret, "", "flotilla refresh", REFRESH_KEY_BYTES);
      return createSecretKey(Buffer.from(bytes));
    });
    this.#signing = createPrivateKey({ key: first, format: "jwk" } as JsonWebKeyInput);
    this.#header = encode({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid: first.kid });
  }

  /** Reads the file, or makes it with a new key; several processes that start at once agree on one. */
  static async open(path: string): Promise<SigningKeys> {
    makeFile(path);
    const { keys } = JSON.parse(readFileSync(path, "utf8")) as JSONWebKeySet;
    const isGood = (key: JWK): boolean => key.kty === "OKP" && key.crv === "Ed25519" && !!key.d;
    const isSet = Array.isArray(keys) && keys.every(isGood);
    if (!isSet) throw new Error(`${path} must hold private Ed25519 keys as a JWK set`);
    const named = await Promise.all(
      keys.map(async (key) => ({ ...key, kid: await calculateJwkThumbprint(publicPart(key)) })),
    );
    const [first] = named;
    if (!first) throw new Error(`${path} holds no key`);
    return new SigningKeys(named, first);
  }

  /**
   * A token that other services can check without asking. Signed in another thread, while the session's write waits for
   * the disk: 11 microseconds of the loop instead of 75. By default passwords take two of those four threads at most.
   */
  async sign(
    { userId: sub, sessionId: sid }: Player,
    nickname: string,
    now: number,
    ttlSeconds: number,
  ): Promise<string> {
    const iat = Math.floor(now / 1_000);
    const claims = { iss: TOKEN_ISSUER, sub, sid, nickname, iat, exp: iat + ttlSeconds };
    const text = `${this.#header}.${encode(claims)}`;
    const signature = await signed(null, Buffer.from(text), this.#signing);
    return `${text}.${signature.toString("base64url")}`;
  }
}

/** A part of a JWT. */
function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function publicPart({ kty, crv, x, kid }: JWK): JWK {
  const named = kid === undefined ? {} : { kid };
  return { kty, crv, x, alg: TOKEN_ALGORITHM, use: "sig", ...named } as JWK;
}

/** Whole, or not at all: it is linked to its name when all of it is written. */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path)) return;
  const unfinished = `${path}.${randomUUID()}`;
  const { privateKey } = generateKeyPairSync("ed25519");
  const keys = [privateKey.export({ format: "jwk" })];
  writeFileSync(unfinished, `${JSON.stringify({ keys })}\n`, { mode: 0o600, flag: "wx" });
  try {
    linkSync(unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(unfinished);
  }
}
