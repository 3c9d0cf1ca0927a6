import { expectThat } from "../generator/http-client.ts";
import type { PlayerRun } from "../generator/players.ts";
import { addressOf, type Backend, type PlayerAsked, type Tokens } from "./backend.ts";

interface UserShown {
  readonly user_id: string;
  readonly nickname: string;
}
type Steps = Pick<PlayerRun<unknown>, "n" | "signal">;

/** One player as the login service knows it. */
export class Account {
  readonly backend: Backend;
  readonly userId: string;
  readonly #asking: Pick<PlayerAsked, "forwardedFor" | "signal">;
  #tokens: Tokens;

  private constructor(backend: Backend, run: Steps, userId: string, tokens: Tokens) {
    this.backend = backend;
    this.userId = userId;
    this.#tokens = tokens;
    this.#asking = askingOf(run);
  }

  /** By a device's own secret; the first time makes the account, and must say so. */
  static async byDevice(backend: Backend, run: Steps, time: "first" | "again"): Promise<Account> {
    const nickname = `Player ${run.n}`;
    const body = { device_id: `device-of-a-load-test-${backend.options.run}-${run.n}`, nickname };
    return Account.#logIn(
      backend,
      run,
      { path: "/login/device", body, status: time === "first" ? 201 : 200 },
      nickname,
    );
  }

  /** With a password, which costs a hash. */
  static async signUp(backend: Backend, run: Steps): Promise<Account> {
    const body = passwordOf(backend, run);
    const asked = { path: "/signup", body, status: 201 };
    return Account.#logIn(backend, run, asked, body.nickname);
  }

  /** The account that `signUp` has made. */
  static async byPassword(backend: Backend, run: Steps): Promise<Account> {
    const { user_id, user_pw, nickname } = passwordOf(backend, run);
    const asked = { path: "/login", body: { user_id, user_pw }, status: 200 };
    return Account.#logIn(backend, run, asked, nickname);
  }

  get access(): string {
    return this.#tokens.access_token;
  }

  /** What each request of this player says of who asks. */
  get asking(): PlayerAsked & { readonly token: string } {
    return { ...this.#asking, token: this.access };
  }

  /** What the login service says of the token's owner. */
  async profile(): Promise<void> {
    const me = await this.backend.told<UserShown>(this.#url("/me"), this.asking);
    expectThat(me.user_id === this.userId, "the profile of somebody else");
  }

  /** The next tokens; the refresh token of before works no more. */
  async refresh(): Promise<void> {
    const body = { refresh_token: this.#tokens.refresh_token };
    const url = this.#url("/token/refresh");
    const { tokens } = await this.backend.envelope(url, { ...this.#asking, method: "POST", body });
    expectThat(tokens !== undefined && tokens.refresh_token !== body.refresh_token, "old tokens");
    expectThat(subjectOf(tokens.access_token) === this.userId, "a token of somebody else");
    this.#tokens = tokens;
  }

  /** Ends the session: the login service believes its token no more. */
  async logOut(): Promise<void> {
    const asked = { ...this.asking, method: "POST" } as const;
    await this.backend.told(this.#url("/logout"), { ...asked, body: {} });
    await this.backend.http.json(this.#url("/me"), { ...this.asking, status: 401 });
  }

  #url(path: string): string {
    return this.backend.options.loginUrl + path;
  }

  static async #logIn(
    backend: Backend,
    run: Steps,
    {
      path,
      body,
      status,
    }: { readonly path: string; readonly body: object; readonly status: number },
    nickname: string,
  ): Promise<Account> {
    const { options } = backend;
    const asked = { ...askingOf(run), method: "POST", body, status } as const;
    const { message, tokens } = await backend.envelope<UserShown>(options.loginUrl + path, asked);
    expectThat(message.nickname === nickname, "somebody else's name");
    expectThat(tokens !== undefined, "no tokens");
    expectThat(subjectOf(tokens.access_token) === message.user_id, "a token of somebody else");
    return new Account(backend, run, message.user_id, tokens);
  }
}

function askingOf({ n, signal }: Steps): Pick<PlayerAsked, "forwardedFor" | "signal"> {
  return { forwardedFor: addressOf(n), signal };
}

function passwordOf({ options }: Backend, { n }: Steps) {
  const user_id = `load-${options.run}-${n}`;
  const email = `${user_id}@example.org`;
  return { user_id, user_pw: "correct horse battery", nickname: `Player ${n}`, email };
}

/** Whom a token names. Its signature is for the services to check. */
export function subjectOf(token: string): string {
  const [, claims = ""] = token.split(".");
  const { sub } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as { sub?: string };
  return sub ?? "";
}
