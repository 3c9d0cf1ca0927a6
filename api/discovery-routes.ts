import type { FastifyInstance } from "fastify";
import { type AnyKind, apiVersionOf, KINDS, type KindRow } from "../core/model/kinds.ts";
import { FleetError } from "../core/std/errors.ts";
import { type Handler, serve } from "./route.ts";

const VERBS = {
  all: ["create", "delete", "get", "list", "patch", "update", "watch"],
  create: ["create"],
  read: ["get", "list", "watch"],
  made: ["delete", "get", "list", "watch"],
} as const satisfies Record<KindRow["verbs"], readonly string[]>;

/** What tools ask first: which groups and kinds there are. */
export function discoveryRoutes(app: FastifyInstance, version: string): void {
  const look = (url: string, handle: Handler): void =>
    serve(app, url, { GET: { access: "look", handle } });
  const groups = [...new Set(Object.values(KINDS).map(({ group }) => group))];
  look("/version", () => ({
    major: "1",
    minor: "0",
    gitVersion: `v${version}`,
    platform: `${process.platform}/${process.arch}`,
    flotilla: version,
  }));
  look("/api", () => ({ kind: "APIVersions", versions: [] }));
  look("/apis", () => ({
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.map((group) => groupOf(group)),
  }));
  look("/apis/:name", ({ params }) => {
    if (!groups.includes(params.name ?? ""))
      throw new FleetError("NOT_FOUND", `there is no API group ${params.name}`);
    return { kind: "APIGroup", apiVersion: "v1", ...groupOf(params.name ?? "") };
  });
  for (const group of groups) look(`/apis/${group}/v1`, () => resourcesOf(group));
}

function groupOf(name: string): object {
  const version = { groupVersion: `${name}/v1`, version: "v1" };
  return { name, versions: [version], preferredVersion: version };
}

function resourcesOf(group: string): object {
  const kinds = (Object.keys(KINDS) as AnyKind[]).filter((kind) => KINDS[kind].group === group);
  const resources = kinds.flatMap((kind) => {
    const { plural, singular, short, namespaced, verbs, scale } = KINDS[kind];
    const parts = verbs === "all" ? ["status", ...(scale ? ["scale"] : [])] : [];
    return [
      {
        name: plural,
        singularName: singular,
        namespaced,
        kind,
        verbs: VERBS[verbs],
        shortNames: short,
      },
      ...parts.map((part) => ({
        name: `${plural}/${part}`,
        singularName: "",
        namespaced,
        kind: part === "scale" ? "Scale" : kind,
        ...(part === "scale" ? { group: "autoscaling", version: "v1" } : {}),
        verbs: ["get", "patch", "update"],
      })),
    ];
  });
  const groupVersion = apiVersionOf(kinds[0] ?? "Fleet");
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
}
