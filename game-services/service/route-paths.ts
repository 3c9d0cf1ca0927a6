import type { ServiceRoute } from "./route.ts";

/** The methods that a path has, HEAD among them where files are answered. Pure. */
export function methodsOf(routes: readonly ServiceRoute[], path: string): readonly string[] {
  const parts = path.split("/");
  const fitting = routes.filter(({ url }) => isPathOf(url.split("/"), parts));
  return fitting.flatMap(({ method, files }) => (files ? [method, "HEAD"] : [method]));
}

/** `/assets/:asset_id` as OpenAPI writes it: `/assets/{asset_id}`. */
export function templateOf(url: string): string {
  return url.replace(/:(\w+)/g, "{$1}");
}

function isPathOf(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every((one, i) => (one.startsWith(":") ? parts[i] !== "" : one === parts[i]));
}
