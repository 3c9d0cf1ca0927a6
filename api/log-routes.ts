import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { KINDS } from "../core/model/kinds.ts";
import { FleetError } from "../core/std/errors.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { EXEC_PROTOCOL } from "../runtime/link/exec-frame.ts";
import { ANSWER_HEADERS } from "./page-headers.ts";
import { basePathOf } from "./resource-routes.ts";
import { askedNumber, isAsked, type Request, serve } from "./route.ts";
import type { Tunnels } from "./tunnels.ts";

export interface LogRoutesOptions {
  readonly tunnels: Tunnels;
  readonly metrics: Metrics;
}
const TAIL_MAX = 1_000_000;

/** What runs in a container and what it said; the agent of its node answers, through its tunnel. */
export function logRoutes(app: FastifyInstance, options: LogRoutesOptions): void {
  for (const kind of ["GameServer", "Container"] as const) {
    const url = `${basePathOf(kind)}/namespaces/:namespace/${KINDS[kind].plural}/:name`;
    serve(app, `${url}/log`, {
      GET: { access: "read", handle: (request, reply) => sendLog(kind, request, reply, options) },
    });
    serve(app, `${url}/exec`, {
      POST: {
        access: "enter",
        handle: () => {
          const why = `exec takes over the connection: send Upgrade: ${EXEC_PROTOCOL}`;
          throw new FleetError("BAD_REQUEST", why);
        },
      },
    });
  }
}

async function sendLog(
  kind: "GameServer" | "Container",
  request: Request,
  reply: FastifyReply,
  { tunnels, metrics }: LogRoutesOptions,
): Promise<FastifyReply> {
  const { namespace = "", name = "" } = request.params;
  const tail = askedNumber(request, "tailLines", TAIL_MAX);
  const stop = new AbortController();
  reply.raw.once("close", () => stop.abort());
  const stream = await tunnels.open(
    kind,
    { namespace, name },
    (subject) => ({
      verb: "log",
      subject,
      follow: isAsked(request, "follow"),
      timestamps: isAsked(request, "timestamps"),
      ...(tail === undefined ? {} : { tail }),
    }),
    stop.signal,
  );
  using _counted = metrics.streamOpened("log");
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    ...ANSWER_HEADERS,
    connection: "close",
  });
  reply.raw.flushHeaders();
  stream.end();
  // A reader who leaves ends the stream; a node that is lost cuts the answer short, which its reader sees.
  await pipeline(stream, reply.raw).catch(() => reply.raw.destroy());
  return reply;
}
