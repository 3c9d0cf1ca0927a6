/** Where the player is in the page; kept behind the `#`, which no server gets to see. */
export type Route =
  | { readonly page: "maps" }
  | { readonly page: "things" }
  | { readonly page: "edit"; readonly map?: string }
  | { readonly page: "play"; readonly map: string; readonly link?: string };

const ID = /^[\w-]{1,64}$/;
const LINK = /^[\w.~-]{1,200}$/;

/** What an address means; the maps when it means nothing. Pure. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?");
  const [page, id = ""] = path.split("/");
  const map = ID.test(id) ? id : undefined;
  if (page === "things") return { page };
  if (page === "edit") return map === undefined ? { page } : { page, map };
  if (page !== "map" || map === undefined) return { page: "maps" };
  const link = new URLSearchParams(query).get("link") ?? "";
  return LINK.test(link) ? { page: "play", map, link } : { page: "play", map };
}

export function hashFor(route: Route): string {
  if (route.page === "play")
    return `#/map/${route.map}${route.link === undefined ? "" : `?link=${route.link}`}`;
  if (route.page === "edit") return route.map === undefined ? "#/edit" : `#/edit/${route.map}`;
  return `#/${route.page}`;
}
