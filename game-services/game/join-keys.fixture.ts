import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { GameServerShown } from "./join-tokens.ts";

/** What a token says, and what a test wants otherwise; `exp` and `iat` in seconds. */
export interface Wanted {
  readonly aud?: string;
  readonly sub?: string;
  readonly jti?: string;
  readonly room?: string;
  readonly seat?: string;
  readonly cap?: number | string;
  readonly attrs?: Readonly<Record<string, string | number>>;
  readonly iss?: string;
  readonly iat?: number;
  readonly exp?: number;
  readonly kid?: string;
}

/** For tests: signs join tokens as the control plane does, with a real key. */
export class TokenSigner {
  readonly publicKey: JWK;
  readonly #privateKey: CryptoKey;

  private constructor(publicKey: JWK, privateKey: CryptoKey) {
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  static async make(kid: string): Promise<TokenSigner> {
    const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" };
    return new TokenSigner(jwk, privateKey);
  }

  sign({ kid = this.publicKey.kid ?? "", ...wanted }: Wanted = {}): Promise<string> {
    const iat = wanted.iat ?? Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: "flotilla",
      aud: "uid-1",
      sub: "ann",
      jti: crypto.randomUUID(),
      ns: "default",
      room: "arena-abcde",
      seat: "s000000000001",
      cap: 2,
      attrs: { mode: "duel" },
      iat,
      exp: iat + 60,
      ...wanted,
    })
      .setProtectedHeader({ alg: "EdDSA", typ: "JWT", kid })
      .sign(this.#privateKey);
  }
}

/** The same with rooms that the platform has closed. */
export function shownClosing(
  uid: string,
  closed: readonly string[],
  signer: TokenSigner,
): GameServerShown {
  const { objectMeta } = shownWith(uid, signer);
  const told = ["flotilla.dev/closed-rooms", closed.join(",")] as const;
  return { objectMeta: { uid, annotationsMap: [...objectMeta.annotationsMap, told] } };
}

/** A GameServer as Agones' client shows it, with the keys of `signers`. */
export function shownWith(uid: string, ...signers: readonly TokenSigner[]): GameServerShown {
  const keys = JSON.stringify(signers.map(({ publicKey }) => publicKey));
  return { objectMeta: { uid, annotationsMap: [["flotilla.dev/join-keys", keys]] } };
}
