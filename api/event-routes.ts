import type { FastifyInstance, FastifyReply } from "fastify";
import type { Event } from "../core/model/event.ts";
import { apiVersionOf } from "../core/model/kinds.ts";
import { FleetError } from "../core/std/errors.ts";
import type { EventLog } from "../store/event-log.ts";
import type { LineWriter } from "./line-writer.ts";
import { basePathOf } from "./resource-routes.ts";
import { askedNumber, isAsked, type Request, serve } from "./route.ts";
import { matchesOf } from "./selection.ts";

export interface EventRoutesOptions {
  readonly events: EventLog;
  readonly listMax: number;
  /** Begins a long answer of lines. */
  readonly openWriter: (reply: FastifyReply) => LineWriter;
}

/** Events, read-only: what happened to whom and why. Newest last; a watch sends what happens from now on. */
export function eventRoutes(app: FastifyInstance, options: EventRoutesOptions): void {
  const base = basePathOf("Event");
  const handle = (request: Request, reply: FastifyReply): unknown =>
    isAsked(request, "watch") ? watchEvents(request, reply, options) : listEvents(request, options);
  for (const url of [`${base}/events`, `${base}/namespaces/:namespace/events`])
    serve(app, url, { GET: { access: "read", handle } });
  serve(app, `${base}/namespaces/:namespace/events/:name`, {
    GET: { access: "read", handle: (request) => getEvent(request, options) },
  });
}

function getEvent({ params }: Request, { events }: EventRoutesOptions): Event {
  const { namespace = "", name } = params;
  const found = events.list({ namespace }).find(({ metadata }) => metadata.name === name);
  if (!found) throw new FleetError("NOT_FOUND", `Event ${JSON.stringify(name)} is not there`);
  return found;
}

function listEvents(request: Request, { events, listMax }: EventRoutesOptions): object {
  const matches = matchesOf(request);
  const limit = Math.min(askedNumber(request, "limit") || listMax, listMax);
  const { namespace } = request.params;
  const found = events.list(namespace === undefined ? {} : { namespace }).filter(matches);
  const metadata = { resourceVersion: "" };
  const apiVersion = apiVersionOf("Event");
  return { kind: "EventList", apiVersion, metadata, items: found.slice(-limit) };
}

async function watchEvents(
  request: Request,
  reply: FastifyReply,
  { events, openWriter }: EventRoutesOptions,
): Promise<FastifyReply> {
  const matches = matchesOf(request);
  const writer = openWriter(reply);
  using _watch = events.onEvent((object) => {
    if (!matches(object)) return;
    const type = object.count > 1 ? "MODIFIED" : "ADDED";
    writer.write(`${JSON.stringify({ type, object })}\n`);
  });
  await new Promise<void>((resolve) => {
    writer.closed.addEventListener("abort", () => resolve(), { once: true });
  });
  return reply;
}
