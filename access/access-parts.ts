import { join } from "node:path";
import type { Clock } from "../core/std/clock.ts";
import type { Logger } from "../core/std/logger.ts";
import { Accounts } from "./accounts.ts";
import { AUDIT_BOUNDS, AuditLog } from "./audit/audit-log.ts";
import { AuditTally } from "./audit/audit-tally.ts";
import { auditPlaceOf } from "./audit/segment-files.ts";
import { PASSWORDS, type PasswordOptions, Passwords } from "./passwords.ts";
import type { Tokens } from "./tokens.ts";

const ACCOUNTS_FILE = "accounts.json";

export interface AccessPartsOptions {
  /** The server's own. */
  readonly folder: string;
  /** Learns of the API tokens. */
  readonly tokens: Tokens;
  readonly passwords?: PasswordOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** People, API tokens and the record of who did what, in their order of opening and closing. */
export class AccessParts implements AsyncDisposable {
  readonly accounts: Accounts;
  readonly audit: AuditLog;
  readonly tally: AuditTally;
  readonly #opened: AsyncDisposableStack;

  private constructor(accounts: Accounts, audit: AuditLog, clock: Clock) {
    this.#opened = new AsyncDisposableStack();
    this.accounts = this.#opened.use(accounts);
    this.audit = this.#opened.use(audit);
    this.tally = this.#opened.use(new AuditTally(clock, (entry) => audit.append(entry)));
  }

  static async open({
    folder,
    tokens,
    passwords,
    ...base
  }: AccessPartsOptions): Promise<AccessParts> {
    const file = join(folder, ACCOUNTS_FILE);
    const hashing = new Passwords(passwords ?? PASSWORDS);
    const accounts = await Accounts.open({ ...base, file, passwords: hashing });
    tokens.also((token) => accounts.principalOf(token));
    const place = auditPlaceOf(folder);
    const audit = await AuditLog.open({ ...base, ...place, bounds: AUDIT_BOUNDS });
    return new AccessParts(accounts, audit, base.clock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }
}
