import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { namespacesFor } from "../access/scopes.ts";
import {
  HISTORY_KINDS,
  type HistoryFilter,
  type HistoryPage,
  type HistoryRow,
} from "../core/model/history.ts";
import type { Schema } from "../core/model/schema.ts";
import { integer, list, object, oneOf, text } from "../core/model/schemas/build.ts";
import { parseRfc3339 } from "../core/std/clock.ts";
import { FleetError } from "../core/std/errors.ts";
import { CSV_HEAD, exportLine } from "../monitor/history/export-text.ts";
import { asked, askedNumber, goneOf, type Request, serve } from "./route.ts";

/** What the API needs of the history. */
export interface HistoryReader {
  read(filter: HistoryFilter, page: HistoryPage): Promise<readonly HistoryRow[]>;
}

const LIMIT = 100;
export const HISTORY_LIMIT_MAX = 1_000;
/** Lines of one export. */
export const EXPORT_ROWS_MAX = 500_000;
const EXPORT_PAGE = 500;
const EXPORTS_MAX = 4;

const TIME = "milliseconds since 1970, or RFC 3339";
const FILTERS = {
  kind: `One of ${HISTORY_KINDS.join(", ")}.`,
  namespace: "Only of this namespace; without it, of all that the token is for.",
  name: "Only of what has this name.",
  fleet: "Only what belongs to this fleet.",
  node: "Only what was on this node.",
  state: "Only changes to this state.",
  reason: "Only changes for this reason.",
  by: "Only changes that this one caused: `user alice`, or `alice`.",
  from: `Not before this time: ${TIME}.`,
  to: `Before this time: ${TIME}.`,
  limit: `Lines; ${LIMIT} when absent, at most ${HISTORY_LIMIT_MAX} (an export: ${EXPORT_ROWS_MAX}).`,
  before: "The `next` of the page before: older lines follow.",
  format: "`csv` or `json`: everything that fits, streamed as a file.",
};

const ROW: Schema = object("One change of state.", {
  id: integer("Grows with time.", 1),
  atMs: integer("Milliseconds since 1970.", 0),
  kind: oneOf("What it is.", HISTORY_KINDS),
  namespace: text("Its namespace; empty for a Node."),
  name: text("Its name."),
  uid: text("Another uid under the name is another one."),
  fleet: text("The fleet that it belongs to."),
  node: text("The node that it is on."),
  from: text("The state that it was in; empty for what was made."),
  to: text("The state that it is in; Gone for what was taken away."),
  reason: text("Why, in one word."),
  message: text("Why, in a sentence."),
  by: text("Who or what caused it."),
});
const PAGE: Schema = object("A page, newest first.", {
  items: list("Changes.", ROW, HISTORY_LIMIT_MAX),
  next: integer("Ask with `before` for the next page; absent on the last one.", 1),
});

/** `/v1/history`: each change of state of containers, servers, services, fleets, nodes and rooms, with its cause. */
export function historyRoutes(app: FastifyInstance, history: HistoryReader): void {
  const exporting = { count: 0 };
  const about = {
    summary: "Shows what changed state, when, why, and who or what caused it; or exports it.",
    tag: "History",
    answer: PAGE,
    query: FILTERS,
  };
  const handle = (request: Request, reply: FastifyReply): Promise<unknown> =>
    asked(request, "format")
      ? sendExport(history, request, reply, exporting)
      : pageOf(history, request);
  serve(app, "/v1/history", { GET: { access: "read", namespaced: true, handle, about } });
}

async function pageOf(history: HistoryReader, request: Request): Promise<object> {
  const limit = askedNumber(request, "limit", HISTORY_LIMIT_MAX) || LIMIT;
  const before = askedNumber(request, "before");
  const page = { limit: limit + 1, ...(before === undefined ? {} : { before }) };
  const rows = await history.read(filterOf(request), page);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last ? { next: last.id } : {}) };
}

function filterOf(request: Request): HistoryFilter {
  const texts = ["name", "fleet", "node", "state", "reason", "by"] as const;
  const kind = kindAsked(request);
  const given = [
    ["kind", kind],
    ["namespaces", namespacesFor(request.principal, asked(request, "namespace") || undefined)],
    ...texts.map((name) => [name, asked(request, name) || undefined]),
    ["fromMs", timeAsked(request, "from")],
    ["toMs", timeAsked(request, "to")],
  ] as const;
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function kindAsked(request: Request): string | undefined {
  const kind = asked(request, "kind") || undefined;
  if (kind === undefined || HISTORY_KINDS.some((known) => known === kind)) return kind;
  throw new FleetError("BAD_REQUEST", `kind must be one of ${HISTORY_KINDS.join(", ")}`);
}

function timeAsked(request: Request, name: string): number | undefined {
  const value = asked(request, name) || undefined;
  if (value === undefined) return undefined;
  const time = /^\d{1,16}$/.test(value) ? Number(value) : parseRfc3339(value);
  if (time !== undefined) return time;
  throw new FleetError("BAD_REQUEST", `${name} must be ${TIME}`);
}

async function sendExport(
  history: HistoryReader,
  request: Request,
  reply: FastifyReply,
  exporting: { count: number },
): Promise<FastifyReply> {
  const format = asked(request, "format");
  if (format !== "csv" && format !== "json")
    throw new FleetError("BAD_REQUEST", "format must be csv or json");
  const filter = filterOf(request);
  const limit = askedNumber(request, "limit", EXPORT_ROWS_MAX) || EXPORT_ROWS_MAX;
  if (exporting.count >= EXPORTS_MAX)
    throw new FleetError("EXHAUSTED", `${EXPORTS_MAX} exports are under way; try again`);
  exporting.count += 1;
  const gone = goneOf(reply);
  const rows = rowsOf(history, filter, { limit, before: askedNumber(request, "before") });
  // The first page is read before the answer begins, so that a failure is still an error and no broken file.
  const first = await rows.next().catch((error: unknown) => {
    exporting.count -= 1;
    throw error;
  });
  const pages = withFirst(first, rows, gone, () => {
    exporting.count -= 1;
  });
  reply.header("content-disposition", `attachment; filename="flotilla-history.${format}"`);
  reply.type(format === "csv" ? "text/csv; charset=utf-8; header=present" : "application/json");
  return await reply.send(Readable.from(format === "csv" ? csvOf(pages) : jsonOf(pages)));
}

type Pages = AsyncGenerator<readonly HistoryRow[], void, void>;

/** Newest first, a page at a time: who reads slowly holds one page. */
async function* rowsOf(
  history: HistoryReader,
  filter: HistoryFilter,
  { limit, before }: { readonly limit: number; readonly before: number | undefined },
): Pages {
  let below = before;
  for (let left = limit; left > 0; ) {
    const size = Math.min(left, EXPORT_PAGE);
    const page = { limit: size, ...(below === undefined ? {} : { before: below }) };
    const rows = await history.read(filter, page);
    yield rows;
    left -= rows.length;
    below = rows.at(-1)?.id;
    if (rows.length < size) return;
  }
}

async function* withFirst(
  first: IteratorResult<readonly HistoryRow[], void>,
  rest: Pages,
  gone: AbortSignal,
  done: () => void,
): Pages {
  try {
    if (first.value) yield first.value;
    for await (const rows of rest) {
      if (gone.aborted) return;
      yield rows;
    }
  } finally {
    done();
  }
}

async function* csvOf(pages: Pages): AsyncGenerator<string> {
  yield CSV_HEAD;
  for await (const rows of pages) yield rows.map(exportLine).join("");
}

async function* jsonOf(pages: Pages): AsyncGenerator<string> {
  let separator = "";
  yield '{"items":[';
  for await (const rows of pages) {
    if (rows.length === 0) continue;
    yield separator + rows.map((row) => JSON.stringify(row)).join(",\n");
    separator = ",\n";
  }
  yield "]}\n";
}
