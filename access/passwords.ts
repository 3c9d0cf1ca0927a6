import * as crypto from "node:crypto";
import { BoundedLine } from "../core/std/bounded-line.ts";
import { FleetError } from "../core/std/errors.ts";

export interface PasswordOptions {
  /** Of one hash. */
  readonly memoryKiB: number;
  readonly passes: number;
  /** Hashes at once: each keeps a core busy. */
  readonly runningMax: number;
  readonly waitingMax: number;
}
/** What OWASP asks for at least: about 40 ms of a core. */
export const PASSWORDS: PasswordOptions = {
  memoryKiB: 19_456,
  passes: 2,
  runningMax: 1,
  waitingMax: 32,
};
export const PASSWORD_CHARS = { min: 10, max: 200 } as const;

const RETRY_AFTER_SECONDS = 2;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const FORM =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=1\$([A-Za-z0-9+/]{22,64})\$([A-Za-z0-9+/]{43})$/;
const FULL = "too many logins at the moment";

/** Argon2id off the event loop, a few at once. Its texts are those that all its libraries write. */
export class Passwords {
  readonly #options: PasswordOptions;
  readonly #line: BoundedLine;

  constructor(options: PasswordOptions = PASSWORDS) {
    this.#options = options;
    this.#line = new BoundedLine({
      ...options,
      full: FULL,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /** A text that holds salt and cost beside the hash. INVALID when nobody should use this password. */
  async hash(password: string, signal: AbortSignal): Promise<string> {
    assertPassword(password);
    const { memoryKiB: m, passes: t } = this.#options;
    const salt = crypto.randomBytes(SALT_BYTES);
    const made = await this.#run(() => argon2id(password, salt, m, t), signal);
    return `$argon2id$v=19$m=${m},t=${t},p=1$${plain(salt)}$${plain(made)}`;
  }

  /** Without a hash to compare with it takes as long and is false: nobody learns who has a password. */
  async verify(
    hashed: string | undefined,
    password: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { memoryKiB, passes } = this.#options;
    const [, m, t, salt = "", hash = ""] = FORM.exec(hashed ?? "") ?? [];
    const cost = [Number(m ?? memoryKiB), Number(t ?? passes)] as const;
    const nonce = salt === "" ? Buffer.alloc(SALT_BYTES) : Buffer.from(salt, "base64");
    const text = password.slice(0, PASSWORD_CHARS.max + 1);
    const made = await this.#run(() => argon2id(text, nonce, ...cost), signal);
    return hash !== "" && crypto.timingSafeEqual(made, Buffer.from(hash, "base64"));
  }

  async #run(work: () => Promise<Buffer>, signal: AbortSignal): Promise<Buffer> {
    try {
      return await this.#line.run(work, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new FleetError("CANCELLED", "the client is gone", {}, error);
    }
  }
}

function assertPassword(password: string): void {
  const { min, max } = PASSWORD_CHARS;
  if (password.length < min || password.length > max)
    throw new FleetError("INVALID", `a password has ${min} to ${max} characters`);
  if (new Set(password).size < DISTINCT_MIN)
    throw new FleetError("INVALID", `a password has at least ${DISTINCT_MIN} different characters`);
}
const DISTINCT_MIN = 4;

function argon2id(text: string, nonce: Buffer, memory: number, passes: number): Promise<Buffer> {
  const { argon2 } = crypto;
  // Named as a member: a Node without it must say so, not fail to start.
  if (typeof argon2 !== "function")
    throw new FleetError(
      "UNSUPPORTED",
      `passwords need Node 24.7 or newer with OpenSSL 3.2 or newer, this is ${process.version} with ${process.versions.openssl}`,
    );
  const message = text.normalize("NFKC");
  const cost = { message, nonce, memory, passes, parallelism: 1, tagLength: HASH_BYTES };
  return new Promise((resolve, reject) => {
    argon2("argon2id", cost, (error, made) => (error ? reject(error) : resolve(made)));
  });
}

function plain(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
