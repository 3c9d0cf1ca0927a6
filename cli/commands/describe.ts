import type { Command } from "commander";
import { stringify } from "yaml";
import type { WaitingView } from "../../api/waiting-routes.ts";
import { ageOf } from "../../core/model/age.ts";
import type { Event } from "../../core/model/event.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import { HISTORY_KINDS } from "../../core/model/history.ts";
import { type AnyKind, KINDS } from "../../core/model/kinds.ts";
import type { Room } from "../../core/model/room.ts";
import type { Service } from "../../core/model/service.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import type { AnyResource, ApiClient } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, oneNamed } from "../command.ts";
import { autoscalersText, serviceScalingText } from "../describe-autoscaler.ts";
import { roomsText, seatsText, waitingText } from "../describe-rooms.ts";
import { lastChangesText } from "../history-text.ts";
import type { Io } from "../io.ts";
import { rowsOf } from "../output.ts";
import { printable, textTable } from "../text-table.ts";

import { historyRows } from "./history.ts";

export function describeCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "describe <what...>",
    summary: "Tell everything about one resource, with its events and their reasons",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla describe gs/arena-x7k2p", "why is it in this state?"],
      [
        "flotilla describe fleet arena",
        "a fleet, its rooms, what its autoscaler wants and why, and what was done",
      ],
      ["flotilla describe room arena-x7k2p9qa", "who sits in it, and why still"],
      ["flotilla describe service web", "a service, and why it has so many replicas"],
    ],
  });
  command.action(async (words: readonly string[]) => {
    const { config, api } = contextOf(io, command);
    const { kind, name } = oneNamed(words);
    const namespace = KINDS[kind].namespaced ? config.namespace : undefined;
    const found = await api.get({ kind, namespace, name });
    const events = await eventsOf(api, kind, found);
    const autoscalers = await autoscalersOf(api, kind, found);
    const rooms = await roomsOf(api, kind, found);
    const waiting = kind === "Fleet" ? await waitingFor(api, found) : [];
    const history = await lastChangesOf(api, kind, found, io.now());
    const rest = { autoscalers, rooms, waiting, history, now: io.now() };
    io.out(describeText({ kind, found, events, ...rest }));
  });
  return command;
}

async function eventsOf(api: ApiClient, kind: AnyKind, found: AnyResource): Promise<Event[]> {
  const { name, namespace } = found.metadata;
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  try {
    const list = await api.list({
      kind: "Event",
      // What belongs to no namespace has its events in none, and they are listed among all.
      namespace: namespace || undefined,
      query: { fieldSelector },
    });
    return list.items as unknown as Event[];
  } catch (error) {
    if (isFleetError(error, "NOT_FOUND")) return [];
    throw error;
  }
}

/** Of a fleet: those that set its replicas. Of an autoscaler: itself. */
async function autoscalersOf(
  api: ApiClient,
  kind: AnyKind,
  found: AnyResource,
): Promise<FleetAutoscaler[]> {
  if (kind === "FleetAutoscaler") return [found as unknown as FleetAutoscaler];
  if (kind !== "Fleet") return [];
  const { name, namespace } = found.metadata;
  const list = await api.list({
    kind: "FleetAutoscaler",
    namespace: namespace || "default",
    query: {},
  });
  const all = list.items as unknown as FleetAutoscaler[];
  return all.filter(({ spec }) => spec.fleetName === name);
}

/** Of what has rooms: how a list of them is narrowed to its own. */
function narrowingOf(kind: AnyKind, { metadata: { name } }: AnyResource) {
  if (kind === "Fleet") return { labelSelector: `${FLEET_LABEL}=${name}` };
  return kind === "GameServer" ? { fieldSelector: `status.gameServer=${name}` } : undefined;
}

async function roomsOf(api: ApiClient, kind: AnyKind, found: AnyResource): Promise<Room[]> {
  const query = narrowingOf(kind, found);
  if (!query) return [];
  const { namespace } = found.metadata;
  return (await api.list({ kind: "Room", namespace, query })).items as unknown as Room[];
}

async function waitingFor(
  api: ApiClient,
  { metadata: { name: fleet, namespace = "default" } }: AnyResource,
): Promise<readonly WaitingView[]> {
  const path = `/v1/waiting?${new URLSearchParams({ namespace, fleet })}`;
  const { body } = await api.request({ method: "GET", path });
  return (body as { readonly waiting: readonly WaitingView[] }).waiting;
}

const CHANGES_SHOWN = "10";

async function lastChangesOf(
  api: ApiClient,
  kind: AnyKind,
  { metadata: { name, namespace } }: AnyResource,
  now: number,
): Promise<string> {
  if (!HISTORY_KINDS.some((known) => known === kind)) return "";
  const query = { kind, name, namespace: namespace || undefined, limit: CHANGES_SHOWN };
  const more = `flotilla history ${KINDS[kind].singular} ${name}`;
  return lastChangesText(await historyRows(api, query), more, now);
}

export interface Description {
  readonly kind: AnyKind;
  readonly found: AnyResource;
  readonly events: readonly Event[];
  /** The autoscalers that have to do with it. */
  readonly autoscalers: readonly FleetAutoscaler[];
  /** Of a fleet or a game server. */
  readonly rooms: readonly Room[];
  /** Who waits for a fleet's servers, rooms and seats. */
  readonly waiting: readonly WaitingView[];
  /** Its last changes of state, as text. */
  readonly history: string;
  readonly now: number;
}

/** The resource's row, why it is so, spec and status as YAML, and its events, newest last. Pure. */
export function describeText(description: Description): string {
  const { kind, found, events, autoscalers, rooms, waiting, history, now } = description;
  const { metadata } = found;
  const head = textTable(rowsOf(kind, [found], { wide: true, withNamespace: false, now }));
  const labels = isObject(metadata.labels) ? Object.entries(metadata.labels) : [];
  const about = [
    ["Kind:", kind],
    ["Namespace:", metadata.namespace ?? ""],
    ["Labels:", labels.map(([k, v]) => `${k}=${v}`).join(", ")],
    ...whyOf(found.status),
  ].filter(([, value]) => value !== "");
  const parts = [head, textTable(about.map((row) => row.map(printable)))];
  const shown = kind === "Room" ? withoutSeats(found) : found;
  for (const part of ["spec", "status"])
    if (isObject(shown[part])) parts.push(`${part}:\n${indented(stringify(shown[part]))}`);
  if (kind === "Room") parts.push(seatsText(found as unknown as Room, now));
  if (rooms.length > 0) parts.push(roomsText(rooms, narrowedBy(kind, found), now));
  if (waiting.length > 0) parts.push(waitingText(waiting));
  if (autoscalers.length > 0) parts.push(autoscalersText(autoscalers, now));
  const scaling = kind === "Service" ? serviceScalingText(found as unknown as Service, now) : "";
  if (scaling) parts.push(scaling);
  if (history) parts.push(history);
  return [...parts, eventsText(events, now)].join("\n");
}

/** The flags of `flotilla get rooms` that show the same rooms. */
function narrowedBy(kind: AnyKind, found: AnyResource): string {
  const { labelSelector, fieldSelector } = narrowingOf(kind, found) ?? {};
  return labelSelector ? `-l ${labelSelector}` : `--field-selector ${fieldSelector}`;
}

/** They have a table of their own. */
function withoutSeats(room: AnyResource): AnyResource {
  const { seats: _, ...status } = isObject(room.status) ? room.status : {};
  return { ...room, status };
}

function whyOf(status: unknown): string[][] {
  if (!isObject(status)) return [];
  const { reason, message } = status;
  const rows = [
    ["Reason:", reason],
    ["Message:", message],
  ];
  return rows.flatMap(([name, value]) => (value ? [[String(name), String(value)]] : []));
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ");

const EVENTS_SHOWN_MAX = 30;

function eventsText(events: readonly Event[], now: number): string {
  if (events.length === 0) return "Events: none\n";
  const rows = events
    .slice(-EVENTS_SHOWN_MAX)
    .map(({ type, reason, message, count, lastTimestamp }) => [
      `${ageOf(lastTimestamp, now)} ago`,
      type,
      reason,
      count > 1 ? `${printable(message)} (${count} times)` : printable(message),
    ]);
  const earlier = events.length - rows.length;
  const head = earlier > 0 ? `Events (${earlier} earlier: flotilla get events):\n` : "Events:\n";
  return `${head}${indented(textTable([["LAST", "TYPE", "REASON", "MESSAGE"], ...rows]))}`;
}
