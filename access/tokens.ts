import { hash, randomBytes } from "node:crypto";
import { link, open, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { FleetError } from "../core/std/errors.ts";

/** What a token may be used for. `agent` opens the link and nothing else. */
export const TOKEN_SCOPES = ["admin", "allocate", "agent"] as const;
export type FileScope = (typeof TOKEN_SCOPES)[number];
/** What a user is, from the least to the most. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];
/** `join` is a node token's, `node` that of one machine that joined with one. */
export type Scope = FileScope | Role | "join" | "node";

/** How a principal has shown who it is. `client`: by a certificate, or by being let in without. */
export type PrincipalKind = "file" | "user" | "token" | "node" | "join" | "client";

/** Who asks. `kind` and `name` separate what one caller may not see of another, such as idempotency keys. */
export interface Principal {
  readonly kind: PrincipalKind;
  readonly scope: Scope;
  readonly name: string;
  /** How the audit log shows it, where its name says little to people. */
  readonly shown?: string;
  /** Only these; undefined means all. */
  readonly namespaces?: readonly string[];
}

const TOKEN_BYTES = 32;
const TOKEN_FORM = /^[A-Za-z0-9_-]{43,256}$/;
/** Ways of writing a header with a valid token that are remembered; the same token has few of them. */
const HEADERS_MAX = 64;
const BEARER = /^bearer +(\S+) *$/i;

/** The file of a scope's token in the state folder: `admin.token`. */
export function tokenFileOf(scope: FileScope): string {
  return `${scope}.token`;
}

/**
 * Knows tokens by their SHA-256 only. A look-up in a hash table of digests takes no longer for a better guess, and a
 * header is kept as it was written only after it was found to be valid.
 */
export class Tokens {
  readonly #byDigest: ReadonlyMap<string, Principal>;
  readonly #byHeader = new Map<string, Principal>();
  readonly #others: ((token: string) => Principal | undefined)[] = [];

  constructor(rows: readonly { readonly token: string; readonly principal: Principal }[]) {
    this.#byDigest = new Map(rows.map(({ token, principal }) => [digestOf(token), principal]));
  }

  /** Asks `others`, too, about tokens that are none of these; they come and go, so what it says is not kept. */
  also(others: (token: string) => Principal | undefined): void {
    this.#others.push(others);
  }

  /** Who an `Authorization` header speaks for; undefined when it is missing or wrong. */
  principalOf(header: string | undefined): Principal | undefined {
    if (header === undefined) return undefined;
    return this.#byHeader.get(header) ?? this.#lookUp(header);
  }

  #lookUp(header: string): Principal | undefined {
    const token = BEARER.exec(header)?.[1];
    const principal = token === undefined ? undefined : this.#byDigest.get(digestOf(token));
    if (principal && this.#byHeader.size < HEADERS_MAX) this.#byHeader.set(header, principal);
    return principal ?? (token === undefined ? undefined : this.#askOthers(token));
  }

  #askOthers(token: string): Principal | undefined {
    for (const others of this.#others) {
      const principal = others(token);
      if (principal) return principal;
    }
    return undefined;
  }
}

/** Reads the tokens of a state folder; makes those that are not there yet. */
export async function openTokens(folder: string): Promise<Tokens> {
  const rows = await Promise.all(
    TOKEN_SCOPES.map(async (scope) => ({
      token: await makeOrReadToken(join(folder, tokenFileOf(scope))),
      principal: { kind: "file" as const, scope, name: scope },
    })),
  );
  return new Tokens(rows);
}

/** Reads one token file. Refuses a file that others may read: its token must count as known to them. */
export async function readToken(path: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw new FleetError(
      "FAILED_PRECONDITION",
      `${path} can be read by others: delete it for a new token, or chmod 600 it if nobody did`,
    );
  const token = (await readFile(path, "utf8")).trim();
  if (!TOKEN_FORM.test(token))
    throw new FleetError("FAILED_PRECONDITION", `${path} holds no token: delete it for a new one`);
  return token;
}

/** Reads a token file, or makes it with a new one: 32 random bytes, base64url. */
export async function makeOrReadToken(path: string): Promise<string> {
  try {
    return await readToken(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  await makeToken(path);
  return await readToken(path);
}

/** Appears whole or not at all, and never replaces one that another process made meanwhile. */
async function makeToken(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  await using file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(TOKEN_BYTES).toString("base64url")}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await unlink(draft);
  }
}

/** What is kept of a secret that is long and random. */
export function digestOf(token: string): string {
  return hash("sha256", token, "base64");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
