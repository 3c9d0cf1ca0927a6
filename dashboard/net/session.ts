import type { Api } from "./call.ts";
import { Failure } from "./failure.ts";
import { Store } from "./store.ts";

export type Role = "viewer" | "operator" | "admin";
export interface SignedIn {
  readonly user: string;
  readonly role: Role;
  readonly csrf: string;
  readonly expiresAt: string;
}
/** `looking`: not known yet; `away`: the server gave no answer. */
export type SessionState =
  | { readonly is: "looking" | "away" | "out" }
  | { readonly is: "in"; readonly who: SignedIn };

const LOOK_AGAIN_MS = 2_000;
const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Who is signed in. The credential itself is a cookie that this page cannot read. */
export class Session {
  readonly state: Store<SessionState> = new Store<SessionState>({ is: "looking" });
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
    api.onSignedOut = () => this.#leave();
  }

  /** Asks the server who we are; goes on asking while it is away. */
  async look(): Promise<void> {
    try {
      this.#enter(await this.#api.call<SignedIn>({ path: "/v1/session" }));
    } catch (error) {
      const isAway = error instanceof Failure && (error.status === 0 || error.status >= 500);
      if (!isAway) return this.#leave();
      this.state.set({ is: "away" });
      setTimeout(() => void this.look(), LOOK_AGAIN_MS);
    }
  }

  /** Asks again after the stream was refused: perhaps the role is another one now, or the session has ended. */
  async lookAgain(): Promise<void> {
    if (this.state.value.is !== "in") return;
    try {
      const who = await this.#api.call<SignedIn>({ path: "/v1/session" });
      // Who has signed out meanwhile stays out.
      if (this.state.value.is === "in") this.#enter(who);
    } catch (error) {
      if (error instanceof Failure && error.status === 401) this.#leave();
    }
  }

  async signIn(user: string, password: string): Promise<void> {
    const body = { user, password };
    this.#enter(await this.#api.call<SignedIn>({ method: "POST", path: "/v1/session", body }));
  }

  /** Uses a one-time link: makes the first admin, or sets an invited user's password. */
  async welcome(token: string, user: string, password: string): Promise<void> {
    const body = { token, ...(user === "" ? {} : { user }), password };
    const path = "/v1/session/welcome";
    this.#enter(await this.#api.call<SignedIn>({ method: "POST", path, body }));
  }

  async changePassword(old: string, next: string): Promise<void> {
    const path = "/v1/session/password";
    await this.#api.call({ method: "POST", path, body: { old, new: next } });
  }

  async signOut(): Promise<void> {
    await this.#api.call({ method: "DELETE", path: "/v1/session" });
    this.#leave();
  }

  /** Whether who is signed in has at least that role. */
  isAtLeast(role: Role): boolean {
    const { value } = this.state;
    return value.is === "in" && (RANK[value.who.role] ?? 0) >= RANK[role];
  }

  #enter(who: SignedIn): void {
    this.#api.csrf = who.csrf;
    this.state.set({ is: "in", who });
  }

  #leave(): void {
    this.#api.csrf = undefined;
    if (this.state.value.is !== "out") this.state.set({ is: "out" });
  }
}
