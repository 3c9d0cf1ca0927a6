import type { Principal } from "../access/tokens.ts";

/** Who asks, as the history and the alerts show it: `user ann`, `token ci`, `node b`. A file of the state folder is a token. */
export function actorOf(principal: Principal | undefined): string {
  if (!principal) return "nobody";
  const { kind, name } = principal;
  return `${kind === "file" ? "token" : kind} ${name}`;
}
