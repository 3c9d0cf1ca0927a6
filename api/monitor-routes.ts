import type { FastifyInstance } from "fastify";
import { demandNamespace, namespacesFor } from "../access/scopes.ts";
import { KINDS } from "../core/model/kinds.ts";
import { type AnyRow, ROW_KINDS, type RowKind } from "../core/model/rows.ts";
import { METRICS_OF, type MetricName, type SampledKind, UNIT_OF } from "../core/model/samples.ts";
import { FleetError } from "../core/std/errors.ts";
import type { LiveRows } from "../monitor/samples/live-rows.ts";
import { type LiveSamples, rounded } from "../monitor/samples/live-samples.ts";
import { type OverviewParts, overviewOf } from "../monitor/samples/overview.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { pageAfter } from "./page-after.ts";
import { readSettled } from "./read-settled.ts";
import { asked, askedNumber, type Request, serve } from "./route.ts";

export interface MonitorParts extends OverviewParts {
  readonly store: ResourceStore;
  readonly samples: LiveSamples;
  readonly rows: LiveRows;
}
const ROWS_DEFAULT = 100;
const ROWS_MAX = 1_000;
const SEARCH_CHARS_MAX = 100;
const TAG = "Monitoring";

/** What a dashboard shows: the platform at a glance, tables of resources, and what was measured. */
export function monitorRoutes(app: FastifyInstance, parts: MonitorParts): void {
  serve(app, "/v1/overview", {
    GET: {
      access: "read",
      handle: () => overviewOf(parts),
      about: { tag: TAG, summary: "Fleets, services, nodes and allocations at a glance" },
    },
  });
  serve(app, "/v1/rows", {
    GET: {
      access: "read",
      namespaced: true,
      handle: (request) => rowsAnswer(request, parts),
      about: { tag: TAG, summary: "Resources of one kind as rows of a table", query: ROWS_QUERY },
    },
  });
  serve(app, "/v1/samples", {
    GET: {
      access: "read",
      namespaced: true,
      handle: (request) => samplesAnswer(request, parts.samples),
      about: { tag: TAG, summary: "What was measured of one subject", query: SAMPLES_QUERY },
    },
  });
}

const ROWS_QUERY = {
  kind: `One of ${ROW_KINDS.join(", ")}`,
  namespace: "Only of this namespace; without it, of all that the token is for",
  fleet: "Only game servers of this fleet",
  node: "Only what is on this node",
  state: "Only of this state",
  q: "Only those whose namespace, name, state, reason, fleet, service, server or node has this in it",
  limit: `How many, at most ${ROWS_MAX}; ${ROWS_DEFAULT} without it`,
  before: "The `next` of the page before",
};
const SAMPLES_QUERY = {
  kind: `One of ${Object.keys(METRICS_OF).join(", ")}`,
  namespace: "Of kinds that have one",
  name: "All but Platform have one",
  step: "Seconds between two points: 1 (15 minutes are kept) or 15 (24 hours)",
  from: "Milliseconds since 1970: only points since then",
};

function askedKind<K extends string>(request: Request, kinds: readonly K[]): K {
  const word = asked(request, "kind") ?? "";
  const kind = kinds.find((one) => one === word);
  if (kind !== undefined) return kind;
  throw new FleetError(
    "BAD_REQUEST",
    `kind must be one of ${kinds.join(", ")}, not ${JSON.stringify(word.slice(0, SEARCH_CHARS_MAX))}`,
  );
}

/** In the order of namespace and name, so that a page goes on where the one before ended, whatever changed. */
async function rowsAnswer(request: Request, { store, rows }: MonitorParts): Promise<object> {
  const kind: RowKind = askedKind(request, ROW_KINDS);
  const matches = rowFilterOf(request);
  const limit = askedNumber(request, "limit", ROWS_MAX) || ROWS_DEFAULT;
  const after = asked(request, "before") ?? "";
  const only = namespacesOfKind(request, kind);
  const { found, revision } = await readSettled(store, () => {
    const all = only ? only.flatMap((one) => store.list(kind, one)) : store.list(kind);
    const found = matches ? all.filter((one) => matches(rows.plain(one))) : all;
    return { found, revision: store.revision };
  });
  const { page, hasMore } = pageAfter(found, after, limit);
  const next = hasMore ? { next: page.at(-1)?.place } : {};
  return { revision, items: page.map(({ one }) => rows.of(one)), total: found.length, ...next };
}

function namespacesOfKind(request: Request, kind: RowKind): readonly string[] | undefined {
  const namespace = asked(request, "namespace") || undefined;
  if (!KINDS[kind].namespaced) demandNamespace(request.principal, "");
  return namespacesFor(request.principal, namespace);
}

/** Undefined where nothing is left out: 50,000 rows need not be looked at for that. */
function rowFilterOf(request: Request): ((row: AnyRow | undefined) => boolean) | undefined {
  const words = (["fleet", "node", "state"] as const).flatMap((name) => {
    const value = asked(request, name);
    return value ? [[name, value] as const] : [];
  });
  const search = (asked(request, "q") ?? "").toLowerCase();
  if (search.length > SEARCH_CHARS_MAX)
    throw new FleetError("BAD_REQUEST", `q has at most ${SEARCH_CHARS_MAX} characters`);
  if (words.length === 0 && search === "") return undefined;
  return (row) =>
    row !== undefined &&
    words.every(([name, value]) => row[name] === value) &&
    (search === "" || textOf(row).includes(search));
}

function textOf({ namespace, name, state, reason, fleet, service, server, node }: AnyRow): string {
  return [namespace, name, state, reason, fleet, service, server, node].join("\n").toLowerCase();
}

function samplesAnswer(request: Request, samples: LiveSamples): object {
  const kind = askedKind(request, Object.keys(METRICS_OF) as SampledKind[]);
  const step = asked(request, "step") ?? "1";
  if (step !== "1" && step !== "15") throw new FleetError("BAD_REQUEST", "step must be 1 or 15");
  const from = askedNumber(request, "from") ?? 0;
  const namespace = asked(request, "namespace") ?? "";
  const name = asked(request, "name") ?? "";
  demandNamespace(request.principal, namespace);
  const key = `${kind}/${namespace}/${name}`;
  const found = samples.history(key, step === "1" ? 1 : 15, from);
  if (!found)
    throw new FleetError("NOT_FOUND", `nothing was measured of ${kind} ${namespace}/${name}`);
  const series = Object.entries(found.series).map(([metric, values]) => [
    metric,
    Array.from(values, rounded),
  ]);
  const limits = samples.limitsOf(key);
  const count = found.times.length;
  const flat = Object.entries(limits).map(([name, value]) => [name, Array(count).fill(value)]);
  const units = Object.keys(found.series).map((metric) => [metric, UNIT_OF[metric as MetricName]]);
  return {
    step: Number(step),
    times: found.times,
    series: Object.fromEntries([...series, ...flat]),
    unit: { ...Object.fromEntries(units), ...(flat.length > 0 ? LIMIT_UNITS : {}) },
  };
}
const LIMIT_UNITS = { cpuLimit: "milli", memoryLimit: "bytes" };
