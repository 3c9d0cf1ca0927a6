import { demandAccess } from "../../access/scopes.ts";
import type { Principal, Tokens } from "../../access/tokens.ts";
import { FleetError } from "../../core/std/errors.ts";

/** How callers of the allocation service show who they are. */
export type AllocatorAuth = "mtls" | "token" | "none";

/** Who speaks on one connection. */
export interface Caller {
  /** Why nothing may be asked on this connection; undefined when something may. */
  readonly refusal?: string;
  /** Throws UNAUTHENTICATED or FORBIDDEN; takes the `authorization` that came with a request. */
  principal(authorization: string | undefined): Principal;
}

/** Who showed a certificate that is trusted; what it may ask is the same for all. */
export function certifiedCaller(name: string): Caller {
  const principal: Principal = { kind: "client", scope: "allocate", name };
  return { principal: () => principal };
}

/** Who may not ask anything, and is told why. */
export function refusedCaller(refusal: string): Caller {
  return {
    refusal,
    principal: () => {
      throw new FleetError("UNAUTHENTICATED", refusal);
    },
  };
}

export function tokenCaller(tokens: Tokens): Caller {
  return {
    principal: (authorization) => {
      const principal = tokens.principalOf(authorization);
      demandAccess("allocate", principal);
      return principal as Principal;
    },
  };
}

const ANYONE: Principal = { kind: "client", scope: "allocate", name: "anyone" };
export const anyCaller: Caller = { principal: () => ANYONE };
