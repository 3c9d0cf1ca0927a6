import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type JWTPayload, SignJWT } from "jose";

/** What a token may have of somebody else. */
export interface Forgery {
  readonly typ?: string;
  readonly kid?: string;
  readonly key?: KeyObject;
  readonly iss?: string;
}

/** The page with a login service's public keys, and tokens that its key signs. */
export class LoginKeys implements AsyncDisposable {
  /** How often the page was asked for. */
  asked = 0;
  readonly #key: KeyObject;
  readonly #page: Server;
  #port = 0;
  #isAway = false;

  private constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.#key = privateKey;
    const keys = [{ ...publicKey.export({ format: "jwk" }), kid: "k", alg: "EdDSA" }];
    this.#page = createServer((_request, answer) => {
      this.asked += 1;
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify({ keys }));
    });
    this.#page.on("connection", (socket) => {
      if (this.#isAway) socket.destroy();
    });
  }

  static async open(): Promise<LoginKeys> {
    const login = new LoginKeys();
    login.#page.listen(0, "127.0.0.1");
    await once(login.#page, "listening");
    login.#port = (login.#page.address() as AddressInfo).port;
    return login;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Answers again after `stop`, where it was. */
  start(): void {
    this.#isAway = false;
  }

  /** Cuts off everybody who asks. It keeps its port: somebody else might have that when it starts again. */
  stop(): void {
    this.#isAway = true;
    this.#page.closeAllConnections();
  }

  /** A token of `userId` from `now` on, in milliseconds since 1970. */
  async token(userId: string, now: number, seconds = 900): Promise<string> {
    const iat = Math.floor(now / 1_000);
    return await this.sign({ sub: userId, sid: "s", iat, exp: iat + seconds });
  }

  /** A token with any claims, type and key. */
  async sign(
    claims: JWTPayload,
    { typ = "at+jwt", kid = "k", key = this.#key, iss = "flotilla-login" }: Forgery = {},
  ): Promise<string> {
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: "EdDSA", typ, kid })
      .setIssuer(iss)
      .sign(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#page.listening) return;
    const closed = once(this.#page, "close");
    this.#page.close();
    this.#page.closeAllConnections();
    await closed;
  }
}
