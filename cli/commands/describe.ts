import type { Command } from "commander";
import { stringify } from "yaml";
import { ageOf } from "../../core/model/age.ts";
import type { Event } from "../../core/model/event.ts";
import { type AnyKind, KINDS } from "../../core/model/kinds.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import type { AnyResource, ApiClient } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, oneNamed } from "../command.ts";
import type { Io } from "../io.ts";
import { rowsOf } from "../output.ts";
import { printable, textTable } from "../text-table.ts";

export function describeCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "describe <what...>",
    summary: "Tell everything about one resource, with its events and their reasons",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla describe gs/arena-x7k2p", "why is it in this state?"],
      ["flotilla describe fleet arena", "a fleet and what was done to it"],
    ],
  });
  command.action(async (words: readonly string[]) => {
    const { config, api } = contextOf(io, command);
    const { kind, name } = oneNamed(words);
    const namespace = KINDS[kind].namespaced ? config.namespace : undefined;
    const found = await api.get({ kind, namespace, name });
    const events = await eventsOf(api, kind, found);
    io.out(describeText({ kind, found, events, now: io.now() }));
  });
  return command;
}

async function eventsOf(api: ApiClient, kind: AnyKind, found: AnyResource): Promise<Event[]> {
  const { name, namespace } = found.metadata;
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  try {
    const list = await api.list({
      kind: "Event",
      namespace: namespace || "default",
      query: { fieldSelector },
    });
    return list.items as unknown as Event[];
  } catch (error) {
    if (isFleetError(error, "NOT_FOUND")) return [];
    throw error;
  }
}

export interface Description {
  readonly kind: AnyKind;
  readonly found: AnyResource;
  readonly events: readonly Event[];
  readonly now: number;
}

/** The resource's row, why it is so, spec and status as YAML, and its events, newest last. Pure. */
export function describeText({ kind, found, events, now }: Description): string {
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
  for (const part of ["spec", "status"])
    if (isObject(found[part])) parts.push(`${part}:\n${indented(stringify(found[part]))}`);
  return [...parts, eventsText(events, now)].join("\n");
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

function eventsText(events: readonly Event[], now: number): string {
  if (events.length === 0) return "Events: none\n";
  const rows = events.map(({ type, reason, message, count, lastTimestamp }) => [
    `${ageOf(lastTimestamp, now)} ago`,
    type,
    reason,
    count > 1 ? `${printable(message)} (${count} times)` : printable(message),
  ]);
  return `Events:\n${indented(textTable([["LAST", "TYPE", "REASON", "MESSAGE"], ...rows]))}`;
}
