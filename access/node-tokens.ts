import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Resource } from "../core/model/resource.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { Principal } from "./tokens.ts";

/** What a node token says; anybody who has it can read that, and nobody can change it. */
export interface JoinTicket {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** SHA-256 of the authority's certificate: what the machine that joins trusts. Absent without TLS. */
  readonly pin?: string;
}

export interface NodeTokensOptions {
  readonly store: ResourceStore;
  /** Known to the control plane only, and the same over its restarts. */
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What a node token tells the machine to trust; undefined without TLS. */
  readonly pin: string | undefined;
}

const FORM = /^fj1\.([\w-]{1,400})\.([\w-]{43})$/;
const CREDENTIAL_BYTES = 32;

/**
 * Node tokens (given out by an admin, expiring, good for joining only) and the credentials that machines get for them
 * (good for the link of one node). A node token is signed and kept nowhere; of a credential its Node keeps the SHA-256,
 * so that deleting the Node ends it.
 */
export class NodeTokens implements Disposable {
  readonly #key: Buffer;
  readonly #now: () => number;
  readonly #pin: string | undefined;
  readonly #nodeByDigest = new Map<string, string>();
  readonly #following: Disposable;

  constructor({ store, secret, now, pin }: NodeTokensOptions) {
    this.#pin = pin;
    this.#key = createHmac("sha256", secret).update("flotilla node tokens").digest();
    this.#now = now;
    for (const node of store.list("Node")) this.#know(node.metadata.name, node.status.credential);
    this.#following = store.onHead((before, after) => {
      if (before?.kind === "Node" && before.status.credential)
        this.#nodeByDigest.delete(before.status.credential);
      if (after?.kind === "Node") this.#know(after.metadata.name, after.status.credential);
    });
  }

  /** A node token that is good for so many seconds. */
  issue(lifeSeconds: number): { readonly token: string; readonly expiresAt: string } {
    const expiresAt = this.#now() + lifeSeconds * 1_000;
    const ticket: JoinTicket = { expiresAt, ...(this.#pin ? { pin: this.#pin } : {}) };
    const body = Buffer.from(JSON.stringify(ticket)).toString("base64url");
    const token = `fj1.${body}.${this.#sign(body).toString("base64url")}`;
    return { token, expiresAt: new Date(expiresAt).toISOString() };
  }

  /** Who a bearer token speaks for, if it is one of these; throws UNAUTHENTICATED for a node token that has expired. */
  principalOf(token: string): Principal | undefined {
    const [, body, signature] = FORM.exec(token) ?? [];
    if (body === undefined || signature === undefined) return this.#nodeOf(token);
    const isOurs = timingSafeEqual(this.#sign(body), Buffer.from(signature, "base64url"));
    const ticket = isOurs ? ticketFrom(body) : undefined;
    if (!ticket) return undefined;
    if (ticket.expiresAt > this.#now()) return { kind: "join", scope: "join", name: "join" };
    const at = new Date(ticket.expiresAt).toISOString();
    throw new FleetError(
      "UNAUTHENTICATED",
      `the node token expired at ${at}: ask for another with \`flotilla node token\``,
    );
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  #nodeOf(token: string): Principal | undefined {
    const node = this.#nodeByDigest.get(digestOfCredential(token));
    return node === undefined ? undefined : { kind: "node", scope: "node", name: node };
  }

  #know(node: string, digest: string | undefined): void {
    if (digest) this.#nodeByDigest.set(digest, node);
  }

  #sign(body: string): Buffer {
    return createHmac("sha256", this.#key).update(body).digest();
  }
}

/** The node that a machine may no longer speak for: its Node is gone, or another machine has joined under the name. */
export function revokedNode(
  before: Resource | undefined,
  after: Resource | undefined,
): string | undefined {
  if (before?.kind !== "Node" || before.status.credential === undefined) return undefined;
  const now = after?.kind === "Node" ? after.status.credential : undefined;
  return now === before.status.credential ? undefined : before.metadata.name;
}

export function newCredential(): string {
  return randomBytes(CREDENTIAL_BYTES).toString("base64url");
}
/** What a Node keeps of its machine's credential. */
export function digestOfCredential(credential: string): string {
  return `sha256:${hash("sha256", credential)}`;
}

/** What a node token says, without asking whether it is a good one; INVALID when it is none. */
export function readJoinTicket(token: string): JoinTicket {
  const ticket = ticketFrom(FORM.exec(token)?.[1] ?? "");
  if (ticket) return ticket;
  throw new FleetError("INVALID", "this is no node token: `flotilla node token` makes one");
}

function ticketFrom(body: string): JoinTicket | undefined {
  try {
    const ticket: unknown = JSON.parse(Buffer.from(body, "base64url").toString());
    if (!isObject(ticket) || typeof ticket.expiresAt !== "number") return undefined;
    const { expiresAt, pin } = ticket;
    return typeof pin === "string" ? { expiresAt, pin } : { expiresAt };
  } catch {
    return undefined;
  }
}
