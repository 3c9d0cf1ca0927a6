import { generateKeyPairSync, hkdfSync, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
  SignJWT,
} from "jose";
import { TOKEN_ALGORITHM, TOKEN_ISSUER, TOKEN_TYPE } from "../service/access-token.ts";
import type { Player } from "../service/route.ts";

const REFRESH_KEY_BYTES = 32;
type SigningKey = Awaited<ReturnType<typeof importJWK>>;

/** The private keys of a file: the first one signs, all of them are believed. */
export class SigningKeys {
  /** For `/.well-known/jwks.json`: public parts only. */
  readonly published: JSONWebKeySet;
  readonly verification: JWTVerifyGetKey;
  /** For refresh tokens, one for each key; another purpose, hence another secret. */
  readonly refreshKeys: readonly Buffer[];
  readonly #signing: SigningKey;
  readonly #kid: string;

  private constructor(keys: readonly JWK[], signing: SigningKey) {
    this.published = { keys: keys.map(publicPart) };
    this.verification = createLocalJWKSet(this.published);
    this.refreshKeys = keys.map(({ d = "" }) => {
      const secret = Buffer.from(d, "base64url");
      return Buffer.from(hkdfSync("sha256", secret, "", "flotilla refresh", REFRESH_KEY_BYTES));
    });
    this.#signing = signing;
    this.#kid = String(keys[0]?.kid);
  }

  /** Reads the file, or makes it with a new key; several processes that start at once agree on one. */
  static async open(path: string): Promise<SigningKeys> {
    makeFile(path);
    const { keys } = JSON.parse(readFileSync(path, "utf8")) as JSONWebKeySet;
    const [first] = keys;
    const isGood = (key: JWK): boolean => key.kty === "OKP" && key.crv === "Ed25519" && !!key.d;
    if (!first || !keys.every(isGood))
      throw new Error(`${path} must hold private Ed25519 keys as a JWK set`);
    const named = await Promise.all(
      keys.map(async (key) => ({ ...key, kid: await calculateJwkThumbprint(publicPart(key)) })),
    );
    return new SigningKeys(named, await importJWK(first, TOKEN_ALGORITHM));
  }

  /** A token that other services can check without asking. */
  sign(
    { userId, sessionId }: Player,
    nickname: string,
    now: number,
    ttlSeconds: number,
  ): Promise<string> {
    const issuedAt = Math.floor(now / 1_000);
    return new SignJWT({ sid: sessionId, nickname })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid: this.#kid })
      .setIssuer(TOKEN_ISSUER)
      .setSubject(userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ttlSeconds)
      .sign(this.#signing);
  }
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
