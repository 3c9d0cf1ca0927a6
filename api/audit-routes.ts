import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { AuditLog } from "../access/audit/audit-log.ts";
import type { AuditRecord } from "../access/audit/audit-record.ts";
import { type AuditQuery, readAudit, readAuditPage } from "../access/audit/read-audit.ts";
import { BoundedLine } from "../core/std/bounded-line.ts";
import { csvLine } from "../core/std/csv.ts";
import { FleetError } from "../core/std/errors.ts";
import { AUDIT_PAGE } from "./access-schemas.ts";
import { asked, askedNumber, goneOf, type Request, serve } from "./route.ts";

const LIMIT = 100;
const LIMIT_MAX = 500;
const TEXT_CHARS_MAX = 200;
/** Who reads all of it keeps the disk and the loop busy. */
const LINE = {
  ...{ runningMax: 2, waitingMax: 20, retryAfterSeconds: 2 },
  full: "too many read the audit log at the moment",
};
const QUERY = {
  who: "Part of who did it.",
  action: "Part of what was done.",
  target: "Part of what it was done to.",
  from: "Not before (milliseconds since 1970).",
  to: "Not after (milliseconds since 1970).",
  limit: `The most on one page; ${LIMIT} when absent, ${LIMIT_MAX} at most.`,
  before: "The `next` of the page before.",
  format: "`csv` or `json`: all that matches, as a file.",
};

/** `GET /v1/audit`: who did what, for admins. */
export function auditRoutes(app: FastifyInstance, audit: AuditLog): void {
  const line = new BoundedLine(LINE);
  const inLine = <T>(work: () => Promise<T>, gone: AbortSignal): Promise<T> =>
    line.run(work, gone).catch((error: unknown) => {
      throw gone.aborted ? new FleetError("CANCELLED", "the client is gone", {}, error) : error;
    });
  serve(app, "/v1/audit", {
    GET: {
      access: "manage",
      about: { summary: "Shows who did what.", tag: "Access", answer: AUDIT_PAGE, query: QUERY },
      handle: (request, reply) => {
        reply.header("cache-control", "no-store");
        const query = queryOf(request);
        const format = asked(request, "format");
        const gone = goneOf(reply);
        if (format === undefined) {
          const limit = askedNumber(request, "limit", LIMIT_MAX) || LIMIT;
          return inLine(() => readAuditPage(audit, query, limit), gone);
        }
        return inLine(() => send(reply, format, readAudit(audit, query), gone), gone);
      },
    },
  });
}

function queryOf(request: Request): AuditQuery {
  const texts = (["who", "action", "target"] as const).flatMap((name) => {
    const value = asked(request, name);
    if (value !== undefined && value.length > TEXT_CHARS_MAX)
      throw new FleetError("BAD_REQUEST", `${name} has at most ${TEXT_CHARS_MAX} characters`);
    return value ? [[name, value]] : [];
  });
  const numbers = Object.entries({
    fromMs: askedNumber(request, "from"),
    toMs: askedNumber(request, "to"),
    before: askedNumber(request, "before"),
  }).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...texts, ...numbers]);
}

/** Resolves when all is sent, or who asked has gone. */
async function send(
  reply: FastifyReply,
  format: string,
  records: AsyncGenerator<AuditRecord>,
  gone: AbortSignal,
): Promise<FastifyReply> {
  if (format !== "csv" && format !== "json")
    throw new FleetError("BAD_REQUEST", "format must be csv or json");
  const lines = format === "csv" ? csvOf(records) : jsonOf(records);
  const type = format === "csv" ? "text/csv; charset=utf-8" : "application/json; charset=utf-8";
  reply.type(type).header("content-disposition", `attachment; filename="audit.${format}"`);
  const ended = new Promise<void>((resolve) => {
    reply.raw.once("finish", resolve);
    gone.addEventListener("abort", () => resolve(), { once: true });
  });
  reply.send(Readable.from(lines));
  await ended;
  return reply;
}

async function* jsonOf(records: AsyncGenerator<AuditRecord>): AsyncGenerator<string> {
  let head = "[\n";
  for await (const record of records) {
    yield head + JSON.stringify(record);
    head = ",\n";
  }
  yield head === "[\n" ? "[]\n" : "\n]\n";
}

const COLUMNS = [
  ...["seq", "at", "who", "kind", "from", "action", "target", "outcome", "count", "message"],
  ...["before", "after"],
];

async function* csvOf(records: AsyncGenerator<AuditRecord>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const { seq, atMs, who, kind, from, action, target, outcome, ...rest } of records) {
    const { count = 1, message = "", before, after } = rest;
    const at = new Date(atMs).toISOString();
    const changes = [before, after].map((side) => (side ? JSON.stringify(side) : ""));
    yield csvLine([
      ...[`${seq}`, at, who, kind, from, action, target, outcome, `${count}`, message],
      ...changes,
    ]);
  }
}
