import type { FastifyInstance, FastifyReply } from "fastify";
import { demandNamespace } from "../../access/scopes.ts";
import type { Principal } from "../../access/tokens.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { HistoryRow } from "../../core/model/history.ts";
import { KINDS } from "../../core/model/kinds.ts";
import { ROW_KINDS } from "../../core/model/rows.ts";
import { METRICS_OF, type SampledKind } from "../../core/model/samples.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import type { LiveRows } from "../../monitor/samples/live-rows.ts";
import type { LiveSamples } from "../../monitor/samples/live-samples.ts";
import { type OverviewParts, overviewOf } from "../../monitor/samples/overview.ts";
import type { EventLog } from "../../store/event-log.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { asked, type Request, serve } from "../route.ts";
import { EventsTopic } from "./events-topic.ts";
import { type ListSource, ListTopic, narrowed } from "./list-topic.ts";
import { RowsTopic } from "./rows-topic.ts";
import { newestPoint, SecondTopic } from "./second-topics.ts";
import { SseWriter, sseMessage } from "./sse-writer.ts";
import { StreamHub, type Wanted } from "./stream-hub.ts";
import type { OpenTopic } from "./topic.ts";

export interface StreamParts extends OverviewParts {
  readonly store: ResourceStore;
  readonly events: EventLog;
  readonly samples: LiveSamples;
  readonly rows: LiveRows;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Alerts that are on, and what happened last. */
  readonly alertList: ListSource<Alert>;
  readonly historyList: ListSource<HistoryRow>;
}
/** Topics of one page. */
const TOPICS_MAX = 32;
/** Topics of all pages together. */
const OPEN_TOPICS_MAX = 2_000;
const PAGES_MAX = 500;
const TOPICS = "overview, rows:KIND, samples:KIND/NAMESPACE/NAME, events, alerts, history";

/** `GET /v1/stream`: what changes, as server-sent events; returns what ends all of them. */
export function streamRoutes(app: FastifyInstance, parts: StreamParts): Disposable {
  const hub = new StreamHub(OPEN_TOPICS_MAX);
  const pages = new Set<SseWriter>();
  parts.metrics.showStream({ topics: () => hub.topics, skipped: () => hub.skipped });
  const handle = async (request: Request, reply: FastifyReply): Promise<FastifyReply> => {
    const wanted = topicsOf(request).map((name) => wantedOf(name, request.principal, parts));
    hub.check(wanted);
    if (pages.size >= PAGES_MAX)
      throw new FleetError("EXHAUSTED", `${PAGES_MAX} pages follow the stream already`);
    await followPage(wanted, reply, { hub, pages, metrics: parts.metrics });
    return reply;
  };
  serve(app, "/v1/stream", {
    GET: {
      access: "read",
      namespaced: true,
      handle,
      about: {
        tag: "Monitoring",
        summary:
          "What changes, as server-sent events: of each topic the present state first. A reader that is behind is told the newest state, not all that it missed.",
        query: { topics: `Up to ${TOPICS_MAX}, with commas: ${TOPICS}` },
      },
    },
  });
  return {
    [Symbol.dispose]: () => {
      for (const page of pages) page.end();
      hub[Symbol.dispose]();
    },
  };
}

async function followPage(
  wanted: readonly Wanted[],
  reply: FastifyReply,
  to: { readonly hub: StreamHub; readonly pages: Set<SseWriter>; readonly metrics: Metrics },
): Promise<void> {
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    connection: "close",
  });
  const writer: SseWriter = new SseWriter(reply.raw, () => to.hub.caughtUp(writer));
  using _counted = to.metrics.streamOpened("page");
  to.pages.add(writer);
  using _following = to.hub.follow(wanted, writer);
  await new Promise<void>((resolve) => {
    if (writer.closed.aborted) resolve();
    else writer.closed.addEventListener("abort", () => resolve(), { once: true });
  });
  to.pages.delete(writer);
}

function topicsOf(request: Request): readonly string[] {
  const names = [...new Set((asked(request, "topics") ?? "").split(",").filter(Boolean))];
  if (names.length === 0)
    throw new FleetError("BAD_REQUEST", `topics must name what to follow: ${TOPICS}`);
  if (names.length > TOPICS_MAX)
    throw new FleetError("BAD_REQUEST", `a page follows at most ${TOPICS_MAX} topics`);
  return names;
}

/** A topic, and of it what the namespaces show that who asks has a token for. Throws BAD_REQUEST for a name that is none. */
function wantedOf(name: string, principal: Principal | undefined, parts: StreamParts): Wanted {
  const only = principal?.namespaces;
  // What is narrowed has a key that no name of a topic is.
  const key = only ? JSON.stringify([name, only.toSorted()]) : name;
  return { key, open: openerOf(name, principal, parts) };
}

function openerOf(name: string, principal: Principal | undefined, parts: StreamParts): OpenTopic {
  const { samples, clock, alertList, historyList } = parts;
  const only = principal?.namespaces;
  const [word = "", rest = ""] = name.split(/:(.*)/s);
  if (name === "overview") {
    demandNamespace(principal, "");
    return (publish) =>
      new SecondTopic(samples, publish, () => sseMessage("overview", overviewOf(parts)));
  }
  if (name === "events") return (publish) => new EventsTopic(parts, only, publish);
  if (name === "alerts")
    return (publish) => new ListTopic(name, narrowed(alertList, only), clock, publish);
  if (name === "history")
    return (publish) => new ListTopic(name, narrowed(historyList, only), clock, publish);
  const kind = ROW_KINDS.find((one) => one === rest);
  if (word === "rows" && kind) {
    if (!KINDS[kind].namespaced) demandNamespace(principal, "");
    return (publish) => new RowsTopic(kind, parts, only, publish);
  }
  const subject = word === "samples" ? subjectOf(rest) : undefined;
  if (subject) {
    demandNamespace(principal, subject.namespace);
    return (publish) => new SecondTopic(samples, publish, () => newestPoint(samples, subject));
  }
  throw new FleetError(
    "BAD_REQUEST",
    `${JSON.stringify(name.slice(0, 80))} is no topic: there are ${TOPICS}`,
  );
}

function subjectOf(path: string) {
  const [kind = "", namespace = "", name = "", more] = path.split("/");
  if (!(kind in METRICS_OF) || more !== undefined || path.length > 300) return undefined;
  return { kind: kind as SampledKind, namespace, name };
}
