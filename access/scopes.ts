import { FleetError } from "../core/std/errors.ts";
import type { Principal, Scope } from "./tokens.ts";

/** What kind of thing a route does; every route names one. */
// biome-ignore format: a list
export type Access =
  | "open" | "self" | "look" | "read" | "write" | "operate" | "allocate" | "enter" | "manage"
  | "link" | "join";

/** The one table of who may do what. An empty row means: no credential needed. */
// biome-ignore format: a table is read by its columns
export const ACCESS: Readonly<Record<Access, readonly Scope[]>> = {
  /** Whether it lives, and the description of the API. */
  open:     [],
  /** A user's own session and password. */
  self:     ["admin", "operator", "viewer"],
  /** Versions and the list of kinds: nothing about what runs. */
  look:     ["admin", "operator", "viewer", "allocate"],
  /** Resources, events, logs, metrics. */
  read:     ["admin", "operator", "viewer"],
  write:    ["admin", "operator"],
  /** What keeps things running: start, stop, restart, acknowledge, silence. */
  operate:  ["admin", "operator"],
  allocate: ["admin", "operator", "allocate"],
  /** Commands inside a container. */
  enter:    ["admin"],
  /** Who may do what: users, tokens, machines that may join; and the record of who did what. */
  manage:   ["admin"],
  /** What machines say to the control plane. */
  link:     ["agent", "node"],
  /** A machine that becomes a node. */
  join:     ["join"],
};

/** Throws unless `principal` may speak for `node`: this machine's agent for every one, a machine that joined for itself. */
export function demandNode(node: string, principal: Principal | undefined): void {
  if (principal?.scope !== "node" || principal.name === node) return;
  throw new FleetError(
    "FORBIDDEN",
    `the credential of node ${principal.name} may not speak for node ${node}`,
  );
}

/** Throws unless `principal` may do `access`: 401 without a valid token, 403 with one that is too narrow. */
export function demandAccess(access: Access, principal: Principal | undefined): void {
  const scopes = ACCESS[access];
  if (scopes.length === 0) return;
  if (!principal)
    throw new FleetError(
      "UNAUTHENTICATED",
      `a valid token is needed: send "Authorization: Bearer TOKEN" with one of scope ${scopes.join(" or ")}`,
    );
  if (!scopes.includes(principal.scope))
    throw new FleetError(
      "FORBIDDEN",
      `${wordsOf(principal)} may not do this: ${scopes.join(" or ")} is needed`,
      { scopes },
    );
}

/** Throws FORBIDDEN unless `principal` may see and change what is in `namespace`. */
export function demandNamespace(principal: Principal | undefined, namespace: string): void {
  const namespaces = principal?.namespaces;
  if (namespaces === undefined || namespaces.includes(namespace)) return;
  throw new FleetError(
    "FORBIDDEN",
    `this token is for namespace ${namespaces.join(" and ")}, not for ${namespace || "what belongs to no namespace"}`,
  );
}

/**
 * What an answer is narrowed to: the namespace that was asked for, else those that `principal` is for; undefined is all that
 * there is. Throws FORBIDDEN when another one was asked for.
 */
export function namespacesFor(
  principal: Principal | undefined,
  asked: string | undefined,
): readonly string[] | undefined {
  if (asked === undefined) return principal?.namespaces;
  demandNamespace(principal, asked);
  return [asked];
}

/** Whether something in `namespace` is part of such an answer; what is in none is part of the answer to everything only. */
export function isAmong(
  only: readonly string[] | undefined,
  namespace: string | undefined,
): boolean {
  return only === undefined || only.includes(namespace ?? "");
}

/** What a namespace does not bound, for principals of all namespaces only. */
export function demandAllNamespaces(principal: Principal | undefined): void {
  const namespaces = principal?.namespaces;
  if (namespaces === undefined) return;
  throw new FleetError(
    "FORBIDDEN",
    `this token is for namespace ${namespaces.join(" and ")}: ask by a path with /namespaces/${namespaces[0]}/`,
  );
}

function wordsOf({ kind, scope, name }: Principal): string {
  return kind === "user" ? `user ${name}, a ${scope},` : `a token of scope ${scope}`;
}
