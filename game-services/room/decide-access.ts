import type { MapHead } from "./collections.ts";

/** What somebody is to a map; operators are game servers. */
export type Role = "operator" | "creator" | "member" | "stranger";

/** `userId` is undefined for an operator. */
export function roleOf({ creator, members }: MapHead, userId: string | undefined): Role {
  if (userId === undefined) return "operator";
  if (userId === creator) return "creator";
  return members.includes(userId) ? "member" : "stranger";
}

/** Whether somebody may see and enter it; `hasLink` when the key of its link was shown. */
export function maySee({ published, access }: MapHead, role: Role, hasLink: boolean): boolean {
  if (role !== "stranger") return true;
  return published && (access === "public" || (access === "link" && hasLink));
}

/** Whether somebody may change what it shows. */
export function mayEdit(role: Role): boolean {
  return role === "creator" || role === "member";
}

/** Whether somebody may say who sees it, and take it away. */
export function mayOwn(role: Role): boolean {
  return role === "creator";
}

/** A list shows what everybody may see. */
export function isListed({ published, access }: Pick<MapHead, "published" | "access">): boolean {
  return published && access === "public";
}
