import type { TokenRole } from "../access/account-state.ts";
import type { Role } from "../access/tokens.ts";
import type { Answer, ApiHarness, Ask } from "./api.fixture.ts";

export const PASSWORD: string = "correct horse battery";

/** One browser that is logged in. */
export interface Browser {
  readonly name: string;
  /** As a `Cookie` header. */
  readonly cookie: string;
  readonly csrf: string;
  /** Asks as the page does: with the cookie, and the header of a change. */
  ask(path: string, ask?: Ask): Promise<Answer>;
}

/** A user with a password, logged in by the link that it got. */
export async function newUser(api: ApiHarness, name: string, role: Role): Promise<Browser> {
  const made = await api.ask("/v1/users", { method: "POST", body: { name, role } });
  const body = { token: made.body.welcome, password: PASSWORD };
  return browserOf(api, await api.ask("/v1/session/welcome", { ...OUT, method: "POST", body }));
}

export async function logIn(
  api: ApiHarness,
  user: string,
  password: string = PASSWORD,
): Promise<Browser> {
  const body = { user, password };
  return browserOf(api, await api.ask("/v1/session", { ...OUT, method: "POST", body }));
}

export async function newToken(
  api: ApiHarness,
  role: TokenRole,
  namespaces?: readonly string[],
): Promise<{ readonly id: string; readonly token: string }> {
  const body = { name: `for ${role}`, role, days: 1, ...(namespaces ? { namespaces } : {}) };
  const { body: made } = await api.ask("/v1/tokens", { method: "POST", body });
  return { id: String(made.id), token: String(made.token) };
}

/** Without a credential. */
export const OUT: Ask = { token: null };

function browserOf(api: ApiHarness, { status, headers, body }: Answer): Browser {
  const cookie = (headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  if (status !== 200) throw new Error(`no session: ${status} ${JSON.stringify(body)}`);
  const csrf = String(body.csrf);
  return {
    name: String(body.user),
    cookie,
    csrf,
    ask: (path, ask = {}) =>
      api.ask(path, {
        token: null,
        ...ask,
        headers: { cookie, "x-flotilla-csrf": csrf, ...ask.headers },
      }),
  };
}
