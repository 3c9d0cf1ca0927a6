import type { PageName } from "./route.ts";

/** What a person means by the keys that they have typed. */
export type Meant =
  | { readonly do: "go"; readonly page: PageName }
  | { readonly do: "help" | "search" | "next" | "before" }
  | { readonly do: "wait" }
  | { readonly do: "nothing" };

/** `g` and then a letter leads to a page. */
export const GO_KEYS: Readonly<Record<string, PageName>> = {
  o: "overview",
  f: "fleets",
  g: "gameservers",
  c: "containers",
  s: "services",
  n: "nodes",
  w: "networks",
  r: "rooms",
  e: "events",
  h: "history",
  a: "alerts",
  u: "users",
  t: "tokens",
  d: "audit",
};

/** `before` is the key before this one, when it was `g` a moment ago. Pure. */
export function meantBy(key: string, before: string | undefined): Meant {
  const page = before === "g" ? GO_KEYS[key] : undefined;
  if (page) return { do: "go", page };
  if (key === "g") return { do: "wait" };
  if (key === "?") return { do: "help" };
  if (key === "/") return { do: "search" };
  if (key === "j") return { do: "next" };
  if (key === "k") return { do: "before" };
  return { do: "nothing" };
}
