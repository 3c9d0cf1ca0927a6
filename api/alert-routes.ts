import type { FastifyInstance, FastifyReply } from "fastify";
import { isAmong } from "../access/scopes.ts";
import { ALERT_STATES, type Alert, type AlertMatch, type Silence } from "../core/model/alert.ts";
import type { Schema } from "../core/model/schema.ts";
import { integer, list, object, oneOf, text } from "../core/model/schemas/build.ts";
import { FleetError } from "../core/std/errors.ts";
import { RULE_NAMES, ruleView } from "../monitor/alerts/rules.ts";
import { actorOf } from "./actor.ts";
import { checkedBody } from "./room-input.ts";
import { asked, type Request, type RouteAbout, serve } from "./route.ts";

/** What the API needs of the alerts. Changes resolve when they are kept. */
export interface AlertDesk {
  list(): readonly Alert[];
  acknowledge(id: string, by: string, comment: string | undefined): Promise<Alert>;
  silences(): readonly Silence[];
  silence(wish: Omit<Silence, "id" | "atMs">): Promise<Silence>;
  unsilence(id: string): Promise<Silence>;
}
export interface AlertRoutesOptions {
  readonly alerts: AlertDesk;
  readonly now: () => number;
}

interface SilenceWish {
  readonly match: AlertMatch;
  readonly minutes: number;
  readonly comment: string;
}

const COMMENT_CHARS_MAX = 500;
const MINUTES_MAX = 60 * 24 * 30;
const LIST_MAX = 1_000;
const COMMENT = text("Why, for others.", { maxLength: COMMENT_CHARS_MAX });
const NAME = { maxLength: 253 };

const SUBJECT: Schema = object("What it is about.", {
  kind: text("Its kind; Platform for the allocator."),
  namespace: text("Absent for what belongs to none."),
  name: text("Its name."),
});
const ALERT: Schema = object("An alert.", {
  id: text("Its id."),
  rule: text("The rule that found it."),
  severity: oneOf("How bad it is.", ["warning", "critical"]),
  state: oneOf("Where it stands.", ALERT_STATES),
  subject: SUBJECT,
  summary: text("A sentence with its numbers."),
  value: { type: "number", description: "What was found." },
  threshold: { type: "number", description: "What it is compared with." },
  pendingAtMs: integer("Since when it is so.", 0),
  firedAtMs: integer("When it fired.", 0),
  resolvedAtMs: integer("When it was well again.", 0),
  acknowledged: object("Who has seen it.", {
    by: text("Who."),
    atMs: integer("When.", 0),
    comment: COMMENT,
  }),
  silencedBy: text("The silence that keeps it quiet."),
});
const MATCH: Schema = object("Alerts of which all of this is so.", {
  rule: oneOf("The rule.", RULE_NAMES),
  kind: text("The kind of the subject.", NAME),
  namespace: text("Its namespace.", NAME),
  name: text("Its name.", NAME),
});
const SILENCE: Schema = object("A silence.", {
  id: text("Its id."),
  match: MATCH,
  comment: COMMENT,
  by: text("Who made it."),
  atMs: integer("When.", 0),
  endsAtMs: integer("When it ends by itself.", 0),
});
const ACKNOWLEDGE: Schema = object("What others should know.", { comment: COMMENT });
const NEW_SILENCE: Schema = object(
  "What is to be quiet, for how long, and why.",
  { match: MATCH, minutes: integer("How long.", 1, MINUTES_MAX), comment: COMMENT },
  { required: ["match", "minutes", "comment"] },
);
const RULE: Schema = object("A built-in rule.", {
  name: text("Its name."),
  severity: oneOf("How bad it is.", ["warning", "critical"]),
  summary: text("When it fires."),
  forSeconds: { type: "number", description: "How long it must be so before." },
  resolveSeconds: { type: "number", description: "How long it must be well until it is resolved." },
  todo: text("What to do about it."),
});
const itemsOf = (items: Schema): Schema =>
  object("A list.", { items: list("What there is.", items, LIST_MAX) });

/** `/v1/alerts`, `/v1/silences`, `/v1/alert-rules`: what is wrong, who has seen it, and what is to be quiet. */
export function alertRoutes(app: FastifyInstance, { alerts, now }: AlertRoutesOptions): void {
  const about = (rest: Omit<RouteAbout, "tag">): RouteAbout => ({ tag: "Alerts", ...rest });
  serve(app, "/v1/alerts", {
    GET: {
      access: "read",
      namespaced: true,
      handle: (request) => ({ items: alertsIn(alerts, request) }),
      about: about({
        summary: "Lists alerts: pending, firing, and those resolved within a day; newest first.",
        answer: itemsOf(ALERT),
        query: { state: "Only pending, firing or resolved.", rule: "Only of this rule." },
      }),
    },
  });
  serve(app, "/v1/alerts/:id/acknowledge", {
    POST: {
      access: "operate",
      handle: (request) => acknowledge(alerts, request),
      about: about({
        summary: "Says that somebody has seen it.",
        body: ACKNOWLEDGE,
        answer: ALERT,
      }),
    },
  });
  serve(app, "/v1/silences", {
    GET: {
      access: "read",
      namespaced: true,
      handle: (request) => ({ items: silencesIn(alerts, request) }),
      about: about({ summary: "Lists silences.", answer: itemsOf(SILENCE) }),
    },
    POST: {
      access: "operate",
      handle: (request, reply) => silence(alerts, now(), request, reply),
      about: about({
        summary: "Keeps alerts that fit quiet for a while: they are shown, and told to nobody.",
        ...{ body: NEW_SILENCE, answer: SILENCE },
        example: { match: { rule: "NodeLost", name: "vm-2" }, minutes: 60, comment: "new disk" },
      }),
    },
  });
  serve(app, "/v1/silences/:id", {
    DELETE: {
      access: "operate",
      handle: ({ params }) => alerts.unsilence(params.id ?? ""),
      about: about({ summary: "Ends a silence.", answer: SILENCE }),
    },
  });
  serve(app, "/v1/alert-rules", {
    GET: {
      access: "read",
      // The same everywhere: they tell nothing of what runs.
      namespaced: true,
      handle: () => ({ items: RULE_NAMES.map(ruleView) }),
      about: about({ summary: "Lists the built-in rules.", answer: itemsOf(RULE) }),
    },
  });
}

function alertsIn(alerts: AlertDesk, request: Request): Alert[] {
  const state = wordAsked(request, "state", ALERT_STATES);
  const rule = wordAsked(request, "rule", RULE_NAMES);
  const only = request.principal?.namespaces;
  return alerts
    .list()
    .filter((alert) => isAmong(only, alert.subject.namespace))
    .filter((alert) => (!state || alert.state === state) && (!rule || alert.rule === rule));
}

/** A silence that names no namespace is for others, too: what it says is not for who sees one only. */
function silencesIn(alerts: AlertDesk, request: Request): Silence[] {
  const only = request.principal?.namespaces;
  return alerts.silences().filter(({ match }) => isAmong(only, match.namespace));
}

function wordAsked(request: Request, name: string, words: readonly string[]): string | undefined {
  const word = asked(request, name) || undefined;
  if (word === undefined || words.includes(word)) return word;
  throw new FleetError("BAD_REQUEST", `${name} must be one of ${words.join(", ")}`);
}

async function acknowledge(alerts: AlertDesk, request: Request): Promise<Alert> {
  const { comment } = checkedBody<{ readonly comment?: string }>(ACKNOWLEDGE, request.body);
  return await alerts.acknowledge(request.params.id ?? "", actorOf(request.principal), comment);
}

async function silence(
  alerts: AlertDesk,
  now: number,
  request: Request,
  reply: FastifyReply,
): Promise<Silence> {
  const { match, minutes, comment } = checkedBody<SilenceWish>(NEW_SILENCE, request.body);
  if (Object.keys(match).length === 0)
    throw new FleetError(
      "INVALID",
      "the silence is invalid: match must name a rule, kind, namespace or name",
    );
  reply.code(201);
  const by = actorOf(request.principal);
  return await alerts.silence({ match, comment, by, endsAtMs: now + minutes * 60_000 });
}
