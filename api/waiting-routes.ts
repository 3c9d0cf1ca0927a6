import type { FastifyInstance } from "fastify";
import type { Schema } from "../core/model/schema.ts";
import { integer, list, object, oneOf, text } from "../core/model/schemas/build.ts";
import type { Line } from "./options.ts";
import { namespaceAsked } from "./room-input.ts";
import { asked, type Request, serve } from "./route.ts";

/** Requests that wait for the same, as the API shows them. */
export interface WaitingView {
  readonly what: "gameserver" | "room" | "seat";
  readonly fleets: readonly string[];
  readonly requests: number;
  readonly oldestSeconds: number;
}

const WAITING: Schema = object("Who waits, by what they want; the longest first.", {
  waiting: list(
    "Requests that want the same.",
    object("Some of them.", {
      what: oneOf("What they wait for.", ["gameserver", "room", "seat"]),
      fleets: list("On whose game servers; empty: on anybody's.", text("A fleet."), 1_000),
      requests: integer("How many they are.", 1),
      oldestSeconds: integer("How long the first of them has waited.", 0),
    }),
    1_000,
  ),
});
const FILTERS = {
  namespace: "Namespace; `default` when absent.",
  fleet: "Only those that one fleet can serve.",
};

/** `/v1/waiting`: the line of those who asked with `waitUpTo`. */
export function waitingRoutes(app: FastifyInstance, line: Line): void {
  const about = {
    summary: "Shows who waits, for what and since when.",
    tag: "Allocation",
    answer: WAITING,
    query: FILTERS,
  };
  const handle = (request: Request) => ({ waiting: waitingIn(line, request) });
  serve(app, "/v1/waiting", { GET: { access: "allocate", namespaced: true, handle, about } });
}

function waitingIn(line: Line, request: Request): WaitingView[] {
  const namespace = namespaceAsked(request);
  const fleet = asked(request, "fleet");
  return line
    .groups()
    .filter((one) => one.namespace === namespace)
    .filter(({ fleets }) => !fleet || fleets.length === 0 || fleets.includes(fleet))
    .sort((a, b) => b.oldestMs - a.oldestMs)
    .map(({ what, fleets, requests, oldestMs }) => ({
      ...{ what, fleets, requests },
      oldestSeconds: Math.floor(oldestMs / 1_000),
    }));
}
