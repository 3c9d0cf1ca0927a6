import type { CollectionSpec } from "../../store/documents/document-store.ts";
import type { Failures } from "./decide-lockout.ts";

/** Somebody who may log in; the document's id is the `user_id` in lowercase. Times are milliseconds since 1970. */
export interface Account {
  readonly user_id: string;
  readonly nickname: string;
  readonly email?: string;
  /** In lowercase: nobody else may have it. */
  readonly email_key?: string;
  /** An argon2id text; an account of a device has none until it sets one. */
  readonly password?: string;
  /** A digest of the Idempotency-Key that made it. */
  readonly signup_key?: string;
  readonly failures: Failures;
  /** Sessions of another epoch are over: counting it up ends all of them in one write. */
  readonly epoch: number;
  readonly created_at: number;
}

/** Somebody who is logged in somewhere. */
export interface Session {
  /** The account's id. */
  readonly user: string;
  readonly epoch: number;
  readonly salt: string;
  /** How often it was refreshed, and when it was last. */
  readonly turn: number;
  readonly turned_at: number;
  readonly created_at: number;
  readonly seen_at: number;
  readonly expires_at: number;
  readonly address: string;
}

export const ACCOUNTS: CollectionSpec<Account> = {
  name: "accounts",
  fields: { email_key: "string", signup_key: "string" },
  unique: { email: ["email_key"], signupKey: ["signup_key"] },
  indexes: {},
  migrations: [],
};

export const SESSIONS: CollectionSpec<Session> = {
  name: "sessions",
  fields: { user: "string", seen_at: "number", expires_at: "number" },
  unique: {},
  indexes: {
    ofUser: { equal: ["user"], order: "seen_at" },
    bySeen: { equal: [], order: "seen_at" },
    byExpiry: { equal: [], order: "expires_at" },
  },
  migrations: [],
};
