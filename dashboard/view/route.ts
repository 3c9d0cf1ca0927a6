export const PAGES = [
  "overview",
  "fleets",
  "gameservers",
  "containers",
  "services",
  "nodes",
  "networks",
  "rooms",
  "events",
  "history",
  "alerts",
  "users",
  "tokens",
  "audit",
  "welcome",
] as const;
export type PageName = (typeof PAGES)[number];

/** Where a person is in the page; kept behind the `#`, which no server gets to see. */
export interface Route {
  readonly page: PageName;
  /** Of one object: namespace and name, or the name alone where there are no namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Kinds whose objects have no namespace. */
const PLAIN: readonly PageName[] = ["nodes", "welcome"];

/** What an address means; the overview when it means nothing. Pure. */
export function routeOf(hash: string): Route {
  const [path = "", text = ""] = hash.replace(/^#?\/?/, "").split("?");
  const [word = "", ...rest] = path.split("/").map(decoded);
  const query = Object.fromEntries(new URLSearchParams(text));
  const page = PAGES.find((one) => one === word) ?? "overview";
  const [first, second] = rest;
  if (PLAIN.includes(page)) return { page, query, ...(first ? { name: first } : {}) };
  return { page, query, ...(first && second ? { namespace: first, name: second } : {}) };
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

/** The address of a route. Pure. */
export function hashFor({
  page,
  namespace,
  name,
  query = {},
}: Partial<Route> & { page: PageName }): string {
  const words = [page === "overview" ? "" : page, namespace, name]
    .filter((word) => word !== undefined)
    .map((word) => encodeURIComponent(word));
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const tail = given.length > 0 ? `?${new URLSearchParams(given)}` : "";
  return `#/${words.join("/")}${tail}`;
}

const PAGE_OF_KIND: Readonly<Record<string, PageName>> = {
  Fleet: "fleets",
  GameServer: "gameservers",
  Container: "containers",
  Service: "services",
  Node: "nodes",
  Network: "networks",
  Room: "rooms",
};

/** Where an object is shown; undefined for kinds without a page of their own. Pure. */
export function hashOfObject(kind: string, name: string, namespace?: string): string | undefined {
  const page = PAGE_OF_KIND[kind];
  if (page === undefined || name === "") return undefined;
  if (page === "rooms") return hashFor({ page, query: { q: name } });
  const isPlain = PLAIN.includes(page);
  return hashFor({ page, name, ...(isPlain ? {} : { namespace: namespace || "default" }) });
}
