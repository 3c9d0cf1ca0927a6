import type { X509Certificate } from "node:crypto";
import { demandAccess } from "../../access/scopes.ts";
import type { Principal, Tokens } from "../../access/tokens.ts";
import { FleetError } from "../../core/std/errors.ts";

/** How callers of the allocation service show who they are. */
export type AllocatorAuth = "mtls" | "token" | "none";

/** Who speaks on one connection. */
export interface Caller {
  /** The address at the other end. */
  readonly from: string;
  /** Why nothing may be asked on this connection; undefined when something may. */
  readonly refusal?: string;
  /** Throws UNAUTHENTICATED or FORBIDDEN; takes the `authorization` that came with a request. */
  principal(authorization: string | undefined): Principal;
}

const NAME_CHARS_MAX = 64;
type Certificate = Pick<X509Certificate, "subject" | "fingerprint256">;

/** Who showed a certificate that is trusted, by its common name and its fingerprint, which alone is nobody else's; what it may ask is the same for all. */
export function certifiedCaller(from: string, { subject, fingerprint256 }: Certificate): Caller {
  const name = `certificate ${fingerprint256}`;
  const common = /^CN=(.*)$/m.exec(subject)?.[1]?.slice(0, NAME_CHARS_MAX) ?? "";
  const shown = `${common} (${name})`.trimStart();
  const principal: Principal = { kind: "client", scope: "allocate", name, shown };
  return { from, principal: () => principal };
}

/** Who may not ask anything, and is told why. */
export function refusedCaller(from: string, refusal: string): Caller {
  return {
    from,
    refusal,
    principal: () => {
      throw new FleetError("UNAUTHENTICATED", refusal);
    },
  };
}

export function tokenCaller(from: string, tokens: Tokens): Caller {
  return {
    from,
    principal: (authorization) => {
      const principal = tokens.principalOf(authorization);
      demandAccess("allocate", principal);
      return principal as Principal;
    },
  };
}

const ANYONE: Principal = { kind: "client", scope: "allocate", name: "anyone" };
export function anyCaller(from: string): Caller {
  return { from, principal: () => ANYONE };
}
