import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { FleetError, isFleetError, messageOf } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import { replaceFile } from "../runtime/linux/replace-file.ts";
import {
  type JoinKey,
  ROTATION,
  type RotationBounds,
  signingKey,
  turnRing,
} from "./join-key-ring.ts";

export interface JoinKeysOptions {
  /** The file that keeps them, readable by its owner only. */
  readonly file: string;
  readonly now: () => number;
  readonly rotation?: RotationBounds;
}

/** A public key as games and anybody else may have it. */
export interface PublicJoinKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly alg: "EdDSA";
  readonly use: "sig";
}

/** The keys that sign join tokens: made here, kept in one file, rotated in time. What is published is on the disk before. */
export class JoinKeys {
  readonly #options: JoinKeysOptions;
  readonly #private = new Map<string, KeyObject>();
  #keys: readonly JoinKey[];
  #publicText = "[]";

  private constructor(options: JoinKeysOptions, keys: readonly JoinKey[]) {
    this.#options = options;
    this.#keys = keys;
    this.#take(keys);
  }

  /** Reads the file; makes the first key when there is none. */
  static async open(options: JoinKeysOptions): Promise<JoinKeys> {
    const keys = new JoinKeys(options, await readKeys(options.file));
    await keys.rotate();
    return keys;
  }

  /** The published keys as a JSON array, the same text as long as they are the same. */
  get publicText(): string {
    return this.#publicText;
  }

  /** The published keys as a JSON Web Key Set. */
  get keySet(): { readonly keys: readonly PublicJoinKey[] } {
    return { keys: this.#keys.map(publicOf) };
  }

  /** A compact JWT with these claims. */
  sign(claims: object): string {
    const key = signingKey(this.#keys, this.#options.now());
    const secret = key && this.#private.get(key.kid);
    if (!key || !secret) throw new FleetError("UNAVAILABLE", "there is no key to sign tokens with");
    const head = encoded({ alg: "EdDSA", typ: "JWT", kid: key.kid });
    const text = `${head}.${encoded(claims)}`;
    return `${text}.${sign(null, Buffer.from(text), secret).toString("base64url")}`;
  }

  /** Publishes, retires and forgets keys as it is time; true when the published ones are others than before. */
  async rotate(): Promise<boolean> {
    const { now, file, rotation = ROTATION } = this.#options;
    const at = now();
    const { keys, addFrom } = turnRing(this.#keys, at, rotation);
    const next = addFrom === undefined ? keys : [...keys, newKey(at, addFrom)];
    const text = JSON.stringify(next);
    if (text === JSON.stringify(this.#keys)) return false;
    await replaceFile(file, 0o600, `${text}\n`);
    const before = this.#publicText;
    this.#take(next);
    return this.#publicText !== before;
  }

  #take(keys: readonly JoinKey[]): void {
    this.#keys = keys;
    this.#private.clear();
    for (const { kid, jwk } of keys)
      this.#private.set(kid, createPrivateKey({ key: { ...jwk }, format: "jwk" }));
    this.#publicText = JSON.stringify(keys.map(publicOf));
  }
}

const KID_BYTES = 9;

function newKey(publishedAt: number, signsFrom: number): JoinKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "", d = "" } = privateKey.export({ format: "jwk" });
  const kid = randomBytes(KID_BYTES).toString("base64url");
  return { kid, jwk: { kty: "OKP", crv: "Ed25519", x, d }, publishedAt, signsFrom };
}

function publicOf({ kid, jwk: { kty, crv, x } }: JoinKey): PublicJoinKey {
  return { kty, crv, x, kid, alg: "EdDSA", use: "sig" };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

async function readKeys(file: string): Promise<readonly JoinKey[]> {
  try {
    const found: unknown = JSON.parse(await readFile(file, "utf8"));
    if (Array.isArray(found) && found.every(isKey)) return found;
    throw new FleetError("FAILED_PRECONDITION", "it is no list of keys");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    const why = isFleetError(error) ? error.message : messageOf(error);
    const message = `${file} cannot be used (${why}): delete it for new keys; tokens that were given are void then`;
    throw new FleetError("FAILED_PRECONDITION", message, {}, error);
  }
}

function isKey(value: unknown): value is JoinKey {
  if (!isObject(value) || !isObject(value.jwk)) return false;
  const { kid, publishedAt, signsFrom, jwk } = value;
  const texts = [kid, jwk.x, jwk.d].every((text) => typeof text === "string");
  return texts && [publishedAt, signsFrom].every((time) => Number.isFinite(time));
}
