import type { AuditTally } from "../../access/audit/audit-tally.ts";
import type { Principal } from "../../access/tokens.ts";
import type { Allocate } from "../allocate.ts";
import { whoOf } from "../audit-hook.ts";
import { expected } from "../status.ts";
import type { Caller } from "./caller.ts";

type Tally = Pick<AuditTally, "count">;

/** The same caller; that it was refused is counted, once for a connection on which nothing may be asked. */
export function auditedCaller(caller: Caller, tally: Tally): Caller {
  if (caller.refusal !== undefined) {
    countFailure(tally, caller.from, {
      principal: undefined,
      target: "",
      outcome: "UNAUTHENTICATED",
    });
    return caller;
  }
  return {
    ...caller,
    principal: (authorization) => {
      try {
        return caller.principal(authorization);
      } catch (error) {
        const outcome = expected(error).code;
        countFailure(tally, caller.from, { principal: undefined, target: "", outcome });
        throw error;
      }
    },
  };
}

/** The same way to the allocator; what failed is counted, too. */
export function auditedAllocate(allocate: Allocate, tally: Tally): Allocate {
  return async (asked) => {
    try {
      return await allocate(asked);
    } catch (error) {
      const { principal, namespace: target, from = "" } = asked;
      countFailure(tally, from, { principal, target, outcome: expected(error).code });
      throw error;
    }
  };
}

function countFailure(
  tally: Tally,
  from: string,
  {
    principal,
    ...what
  }: {
    readonly principal: Principal | undefined;
    readonly target: string;
    readonly outcome: string;
  },
): void {
  tally.count({ ...whoOf(principal), from, action: "allocate", ...what });
}
