import { type Call, call, randomText, type Said, type Tokens } from "./call.ts";
import { decideAccess, type KeptSession, readSession, sessionWith } from "./decide-session.ts";
import { Failure, isSignedOut } from "./failure.ts";
import { Store } from "./store.ts";

export interface User {
  readonly user_id: string;
  readonly nickname: string;
  readonly email?: string;
}
interface SignUp {
  readonly user_id: string;
  readonly user_pw: string;
  readonly nickname: string;
  readonly email: string;
}

const KEPT = "flotilla.meet.session";
const DEVICE = "flotilla.meet.device";
const LOCK = "flotilla.meet.tokens";
const DEVICE_BYTES = 32;

/**
 * Who the player is, in all tabs of the browser: one of them at a time trades the refresh token, which works once. Where
 * there are no locks (a page over plain http), the login service gives the same answer twice within ten seconds.
 */
export class Session {
  readonly kept: Store<KeptSession | undefined>;
  /** Why the player has to log in again; undefined when nothing happened. */
  readonly ended: Store<Failure | undefined> = new Store<Failure | undefined>(undefined);
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.kept = new Store(readSession(storage.getItem(KEPT)));
    addEventListener("storage", ({ key }) => {
      if (key === KEPT || key === null) this.kept.set(readSession(storage.getItem(KEPT)));
    });
  }

  async signUp(body: SignUp, key: string): Promise<void> {
    await this.#enter({ method: "POST", path: "/login/signup", body, key });
  }

  async logIn(user_id: string, user_pw: string): Promise<void> {
    await this.#enter({ method: "POST", path: "/login/login", body: { user_id, user_pw } });
  }

  /** Without an account: this browser keeps a secret, and who has it is the player. */
  async playAtOnce(nickname: string | undefined): Promise<void> {
    const device_id = this.#storage.getItem(DEVICE) ?? randomText(DEVICE_BYTES);
    this.#storage.setItem(DEVICE, device_id);
    const body = nickname === undefined ? { device_id } : { device_id, nickname };
    await this.#enter({ method: "POST", path: "/login/login/device", body });
  }

  /** Ends the session here at once, and there if the service can be reached. */
  async logOut(): Promise<void> {
    const token = this.kept.value?.access_token;
    this.#keep(undefined);
    if (token === undefined) return;
    await call({ method: "POST", path: "/login/logout", token }).catch(() => undefined);
  }

  /** An access token that is good for a while; `refused` is one that a service did not take. */
  async access(refused?: string): Promise<string> {
    const kept = this.kept.value;
    if (kept && decideAccess(kept, Date.now(), refused) === "use") return kept.access_token;
    return await locked(() => this.#traded(refused));
  }

  /** A call with the player's token; once more with another when the first is not taken. */
  async call<M>(options: Omit<Call, "token">): Promise<Said<M>> {
    const token = await this.access();
    try {
      return await call<M>({ ...options, token });
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      return await call<M>({ ...options, token: await this.access(token) });
    }
  }

  async #enter(options: Call): Promise<void> {
    const { message, tokens } = await call<User>(options);
    if (!tokens) throw new Failure(502, "no envelope");
    this.ended.set(undefined);
    this.#keep(sessionWith(message, tokens, Date.now()));
  }

  /** Another tab may have been faster: what it kept is looked at first. */
  async #traded(refused: string | undefined): Promise<string> {
    const kept = readSession(this.#storage.getItem(KEPT));
    this.kept.set(kept);
    const decision = decideAccess(kept, Date.now(), refused);
    if (!kept || decision === "none") throw new Failure(401, "token missing");
    if (decision === "use") return kept.access_token;
    const next = await this.#trade(kept);
    if (!this.#isStill(kept)) throw new Failure(401, "token missing");
    this.#keep(sessionWith(kept, next, Date.now()));
    return next.access_token;
  }

  /** False when another tab has logged out meanwhile, or logged somebody else in: that is not undone. */
  #isStill({ user_id }: KeptSession): boolean {
    return readSession(this.#storage.getItem(KEPT))?.user_id === user_id;
  }

  async #trade(kept: KeptSession): Promise<Tokens> {
    const body = { refresh_token: kept.refresh_token };
    try {
      const said = await call<object>({ method: "POST", path: "/login/token/refresh", body });
      if (said.tokens) return said.tokens;
      throw new Failure(502, "no envelope");
    } catch (error) {
      if (error instanceof Failure && isSignedOut(error) && this.#isStill(kept)) {
        this.#keep(undefined);
        this.ended.set(error);
      }
      throw error;
    }
  }

  #keep(session: KeptSession | undefined): void {
    if (session) this.#storage.setItem(KEPT, JSON.stringify(session));
    else this.#storage.removeItem(KEPT);
    this.kept.set(session);
  }
}

/** One tab at a time; the others wait. */
async function locked<T>(work: () => Promise<T>): Promise<T> {
  const locks: LockManager | undefined = navigator.locks;
  return locks ? await locks.request(LOCK, work) : await work();
}
