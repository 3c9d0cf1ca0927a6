import { readFile } from "node:fs/promises";
import { FleetError } from "../core/std/errors.ts";
import { replaceFile } from "../runtime/linux/replace-file.ts";
import { type AccountState, accountText, NO_ACCOUNTS, readAccountText } from "./account-state.ts";

type Decide<R> = (state: AccountState) => { readonly state: AccountState; readonly result: R };
interface Change {
  readonly decide: Decide<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}
/** Changes that wait for the disk; more are refused. */
const WAITING_MAX = 1_000;

/** The file of people and tokens, mode 0600: replaced whole, on the disk before anybody is answered. */
export class AccountsFile {
  readonly #path: string;
  readonly #waiting: Change[] = [];
  readonly #listeners = new Set<(state: AccountState) => void>();
  #state: AccountState;
  #writing: Promise<void> | undefined;

  private constructor(path: string, state: AccountState) {
    this.#path = path;
    this.#state = state;
  }

  static async open(path: string): Promise<AccountsFile> {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return new AccountsFile(path, text === undefined ? NO_ACCOUNTS : readAccountText(text, path));
  }

  get state(): AccountState {
    return this.#state;
  }

  /** Called after each change, when it is on the disk. */
  onChange(listener: (state: AccountState) => void): void {
    this.#listeners.add(listener);
  }

  /** What `decide` makes of the newest state is there, and durable, when this resolves. Changes that wait share a write. */
  change<R>(decide: Decide<R>): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(new FleetError("EXHAUSTED", "too many changes of accounts at once"));
    this.#waiting.push({ decide, resolve: resolve as (result: unknown) => void, reject });
    this.#writing ??= this.#writeAll();
    return promise;
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0));
    this.#writing = undefined;
  }

  async #write(changes: readonly Change[]): Promise<void> {
    let state = this.#state;
    const done: (() => void)[] = [];
    const undone: Change[] = [];
    for (const { decide, resolve, reject } of changes)
      try {
        const decided = decide(state);
        state = decided.state;
        done.push(() => resolve(decided.result));
        undone.push({ decide, resolve, reject });
      } catch (error) {
        reject(error);
      }
    try {
      if (state !== this.#state) await replaceFile(this.#path, 0o600, accountText(state));
    } catch (error) {
      for (const { reject } of undone) reject(writeFailed(this.#path, error));
      return;
    }
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
    for (const tell of done) tell();
  }
}

function writeFailed(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new FleetError("STORAGE_FULL", `no space left to write ${path}; nothing was changed`);
}
