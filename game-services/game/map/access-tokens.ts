import { decodeJwt } from "jose";
import { isFleetError } from "../../../core/std/errors.ts";
import { isObject } from "../../../core/std/json.ts";
import { PeerService } from "../../service/peer-service.ts";
import type { Player } from "../../service/route.ts";
import type { Access } from "../entrance.ts";
import { JoinRefused } from "../join-tokens.ts";

export interface AccessTokensOptions {
  /** Verifies a token with the login service's public keys: UNAUTHENTICATED, UNAVAILABLE. */
  readonly authenticate: (token: string) => Promise<Player>;
  /** Where the login service is, such as http://127.0.0.1:8711. */
  readonly url: string;
}

const TOKEN_LENGTH_MAX = 2048;
const NAME_MS = 1000;
const NAME_BYTES_MAX = 4096;
const NAMES_AT_ONCE_MAX = 32;

/** Who players are, by the login service's access tokens. */
export class AccessTokens {
  readonly #options: AccessTokensOptions;
  readonly #login: PeerService;

  constructor(options: AccessTokensOptions) {
    this.#options = options;
    this.#login = new PeerService({
      ...{ url: options.url, answerMs: NAME_MS, answerBytesMax: NAME_BYTES_MAX },
      openMax: NAMES_AT_ONCE_MAX,
    });
  }

  /** What the token says; throws JoinRefused for everything else than a token that is good now. */
  async check(token: unknown): Promise<Access> {
    if (token === undefined || token === "") throw new JoinRefused("NoAccess");
    if (typeof token !== "string" || token.length > TOKEN_LENGTH_MAX)
      throw new JoinRefused("AccessInvalid");
    try {
      const { userId } = await this.#options.authenticate(token);
      const until = Number(decodeJwt(token).exp) * 1000;
      return { user: userId, name: userId, token, until };
    } catch (error) {
      throw new JoinRefused(reasonOf(error));
    }
  }

  /** The same with the name that the player chose, where the login service tells it in time. */
  async checkAndName(token: unknown): Promise<Access> {
    const access = await this.check(token);
    const name = await this.#nicknameOf(access.token).catch(() => undefined);
    return { ...access, name: name ?? access.user };
  }

  async #nicknameOf(token: string): Promise<string | undefined> {
    const headers = { authorization: `Bearer ${token}` };
    const { text } = await this.#login.ask("/me", { headers });
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (!isObject(message) || typeof message.nickname !== "string") return undefined;
    return message.nickname;
  }
}

function reasonOf(error: unknown): "AccessExpired" | "AccessInvalid" | "LoginAway" {
  if (!isFleetError(error, "UNAUTHENTICATED")) return "LoginAway";
  return error.message === "token expired" ? "AccessExpired" : "AccessInvalid";
}
