import { demandNamespace } from "../access/scopes.ts";
import type { OpenRequest } from "../allocator/rooms/room-requests.ts";
import { unknownProblem } from "../core/model/admit.ts";
import { checkSchema } from "../core/model/check-schema.ts";
import { DNS_LABEL, DNS_LABEL_FORM, LABEL_VALUE } from "../core/model/names.ts";
import type { Labels } from "../core/model/resource.ts";
import { EMPTY_SECONDS, SEAT_SECONDS } from "../core/model/room.ts";
import type { Schema } from "../core/model/schema.ts";
import { found } from "../core/model/schema-words.ts";
import { waitMsOf } from "../core/model/wait-up-to.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import { OPEN_ROOM, TAKE_SEAT } from "./room-schemas.ts";
import { asked, type Request } from "./route.ts";

interface SeatGiven {
  readonly player: string;
  readonly seconds?: number;
}
interface OpenGiven {
  readonly namespace?: string;
  readonly fleet: string;
  readonly attributes?: Labels;
  readonly capacity?: number;
  readonly find?: boolean;
  readonly open?: boolean;
  readonly emptySeconds?: number;
  readonly seat?: SeatGiven;
  readonly waitUpTo?: unknown;
}
type SeatWish = Required<SeatGiven>;

/** A body that is as its schema says, without members that are null; INVALID with all that is wrong otherwise. */
export function checkedBody<T>(schema: Schema, body: unknown): T {
  const input = body ?? {};
  if (!isObject(input))
    throw new FleetError("BAD_REQUEST", `the body must be an object, found ${found(input)}`);
  const { problems, unknown } = checkSchema(schema, input);
  const all = [...problems, ...unknown.map(unknownProblem)];
  if (all.length === 0) return withoutNulls(input) as T;
  const said = all.map(({ path, message }) => `${path}: ${message}`).join("; ");
  throw new FleetError("INVALID", `the request is invalid: ${said}`, { problems: all });
}

/** `null` is as good as absent, at every depth: nothing of what is kept is null. */
function withoutNulls(input: Record<string, unknown>): object {
  const members = Object.entries(input).filter(([, value]) => value !== null);
  return Object.fromEntries(
    members.map(([key, value]) => [key, isObject(value) ? withoutNulls(value) : value]),
  );
}

/** What POST /v1/rooms asks for, with what it does not say. */
export function roomAsked(body: unknown): Omit<OpenRequest, "idempotency" | "signal"> {
  const given = checkedBody<OpenGiven>(OPEN_ROOM, body);
  const { namespace = "default", fleet, attributes = {}, capacity } = given;
  const { find = true, open = true, emptySeconds = EMPTY_SECONDS.usual, seat, waitUpTo } = given;
  return {
    wish: {
      ...{ namespace, fleet, attributes, open, emptySeconds },
      ...(capacity === undefined ? {} : { capacity }),
    },
    find,
    ...(seat ? { seat: seatWish(seat) } : {}),
    waitMs: waitMsOf(waitUpTo) ?? 0,
  };
}

export function seatAsked(body: unknown): { readonly seat: SeatWish; readonly waitMs: number } {
  const { waitUpTo, ...seat } = checkedBody<SeatGiven & { waitUpTo?: unknown }>(TAKE_SEAT, body);
  return { seat: seatWish(seat), waitMs: waitMsOf(waitUpTo) ?? 0 };
}

function seatWish({ player, seconds }: SeatGiven): SeatWish {
  return { player, seconds: seconds ?? SEAT_SECONDS.usual };
}

const NAMESPACE = new RegExp(DNS_LABEL, "u");
const VALUE = new RegExp(LABEL_VALUE, "u");

/** Throws FORBIDDEN when who asks has a token for other namespaces. */
export function namespaceAsked(request: Request): string {
  const namespace = asked(request, "namespace") ?? "default";
  if (namespace.length <= 63 && NAMESPACE.test(namespace)) {
    demandNamespace(request.principal, namespace);
    return namespace;
  }
  throw new FleetError(
    "BAD_REQUEST",
    `namespace must be ${DNS_LABEL_FORM}, found ${found(namespace)}`,
  );
}

/** What a list of rooms is narrowed by. */
export interface RoomFilter {
  readonly fleet: string | undefined;
  readonly attributes: Labels;
  readonly free: boolean | undefined;
  /** Who has a seat in it. */
  readonly player: string | undefined;
}

const ATTRIBUTE = "attribute.";
const QUERY: ReadonlySet<string> = new Set([
  "namespace",
  "fleet",
  "free",
  "player",
  "limit",
  "continue",
]);

/** Throws BAD_REQUEST for what it does not know: a filter that is misspelt would show too much. */
export function filterAsked(request: Request): RoomFilter {
  const attributes: [string, string][] = [];
  for (const name of Object.keys(request.query)) {
    const value = asked(request, name) ?? "";
    if (name.startsWith(ATTRIBUTE))
      attributes.push([name.slice(ATTRIBUTE.length), attribute(name, value)]);
    else if (!QUERY.has(name))
      throw new FleetError(
        "BAD_REQUEST",
        `${found(name)} is not one of ${[...QUERY].join(", ")} or attribute.NAME`,
      );
  }
  const free = asked(request, "free");
  if (free !== undefined && free !== "true" && free !== "false")
    throw new FleetError("BAD_REQUEST", `free must be true or false, found ${found(free)}`);
  return {
    fleet: asked(request, "fleet"),
    attributes: Object.fromEntries(attributes),
    free: free === undefined ? undefined : free === "true",
    player: asked(request, "player"),
  };
}

function attribute(name: string, value: string): string {
  if (value.length <= 63 && VALUE.test(value)) return value;
  throw new FleetError("BAD_REQUEST", `${name} cannot be ${found(value)}: no room has that`);
}
