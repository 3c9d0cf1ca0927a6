import type { Access } from "../access/scopes.ts";
import type { AuditWay } from "./route.ts";

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "replace",
  PATCH: "change",
  DELETE: "delete",
};
const SILENT = new Set(["", "v1", "apis", "namespaces", "link"]);
const GROUP = /\./;

/** How calls of a route are recorded, unless it says so itself. Pure. */
export function auditWay(method: string, access: Access): AuditWay {
  if (VERBS[method] === undefined || access === "link") return "none";
  return access === "allocate" ? "batch" : "single";
}

/** `POST /v1/users/:name/welcome` → `users.welcome`; `PATCH …/fleets/:name` → `fleets.change`. Pure. */
export function auditAction(method: string, url: string): string {
  const parts = url.split("/");
  const words = parts.filter(
    (part) => !SILENT.has(part) && !part.startsWith(":") && !GROUP.test(part),
  );
  const last = parts.at(-1) ?? "";
  const isVerb = words.length > 1 && words.at(-1) === last;
  const all = isVerb ? words : [...words, VERBS[method] ?? method.toLowerCase()];
  return all.join(".").replaceAll("::", ".");
}

/** `default/arena` of a path's parameters. Pure. */
export function auditTarget(params: unknown): string {
  const values = Object.values((params ?? {}) as Record<string, string | undefined>);
  return values.filter((value) => value !== undefined && value !== "").join("/");
}
