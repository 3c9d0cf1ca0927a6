import type { Row, RowKind } from "../../net/wire.ts";
import type { Texts } from "../../texts/texts.ts";
import { agoText, cut, digits, valueText } from "../../view/format.ts";
import { ObjectLink, State } from "../shell/states.tsx";
import type { Column } from "./virtual-table.tsx";

type RowColumn = Column<Row>;

export const textOf = (row: Row, key: string): string => {
  const value = row[key];
  return typeof value === "string" ? value : "";
};
export const numberOf = (row: Row, key: string): number | undefined => {
  const value = row[key];
  return typeof value === "number" ? value : undefined;
};

/** `game:7000 udp:7001`, from what a row or a status has. Pure. */
export function portsText(ports: unknown): string {
  if (!Array.isArray(ports)) return "";
  return ports
    .map((one: { name?: string; port?: number }) =>
      one.name ? `${one.name}:${one.port}` : one.port,
    )
    .join(" ");
}

/** A node that is being emptied, or takes nothing new, says so. Pure. */
export function stateOf(row: Row): string {
  if (row.state !== "Ready") return row.state;
  return row.draining === true ? "Draining" : row.unschedulable === true ? "Cordoned" : row.state;
}

/** What the list of a kind shows. */
export function columnsOf(kind: RowKind, texts: Texts, nowMs: number): readonly RowColumn[] {
  const parts = partsFor(kind, texts, nowMs);
  const { name, namespace, state, why, age } = parts;
  switch (kind) {
    case "GameServer":
      return [name, namespace, state, ...parts.server, why, age];
    case "Container":
      return [name, namespace, state, parts.node, parts.address, ...parts.usage, why, age];
    case "Service":
      return [
        name,
        namespace,
        state,
        parts.count("ready", texts.ready),
        parts.count("replicas", texts.replicas),
        parts.address,
        ...parts.usage,
        why,
        age,
      ];
    case "Node":
      return [
        name,
        state,
        parts.address,
        parts.count("containers", texts.containers),
        ...parts.usage,
        why,
        age,
      ];
    case "Room":
      return roomColumns(parts, texts, nowMs);
    default:
      return [name, namespace, state, parts.text("subnet", texts.subnet), why, age];
  }
}

function partsFor(kind: RowKind, texts: Texts, nowMs: number) {
  const text = (key: string, label: string, isWide = true): RowColumn => ({
    ...{ key, label, isWide },
    cell: (row) => textOf(row, key) || "–",
    order: (row) => textOf(row, key),
  });
  const count = (key: string, label: string, isWide = false): RowColumn => ({
    ...{ key, label, isWide, isNumber: true },
    cell: (row) => valueText(numberOf(row, key)),
    order: (row) => numberOf(row, key) ?? -1,
  });
  const unit = (key: string, label: string, of: string): RowColumn => ({
    ...count(key, label, true),
    cell: (row) => valueText(numberOf(row, key), of),
  });
  const node: RowColumn = {
    ...text("node", texts.node),
    cell: (row) => <ObjectLink kind="Node" name={textOf(row, "node")} />,
  };
  const usage = [unit("cpu", texts.cpu, "milli"), unit("memory", texts.memory, "bytes")];
  const fleet: RowColumn = {
    ...text("fleet", texts.fleet),
    cell: (row) => (
      <ObjectLink kind="Fleet" name={textOf(row, "fleet")} namespace={row.namespace} />
    ),
  };
  const players: RowColumn = {
    ...count("players", texts.players),
    cell: (row) => playersText(numberOf(row, "players"), numberOf(row, "playersMax")),
  };
  const server = [players, count("rooms", texts.rooms, true), fleet, node, ...usage];
  return { text, count, node, fleet, usage, server, ...common(kind, texts, nowMs) };
}

/** Rooms have no page of their own: each leads to the game server that it is played on. */
function roomColumns(
  { name, namespace, state, node, age, text, fleet }: ReturnType<typeof partsFor>,
  texts: Texts,
  nowMs: number,
): readonly RowColumn[] {
  const seats: RowColumn = {
    ...{ key: "seats", label: texts.seats, isNumber: true },
    cell: (row) => playersText(numberOf(row, "seats"), numberOf(row, "capacity")),
    order: (row) => numberOf(row, "seats") ?? 0,
  };
  const server: RowColumn = {
    ...text("server", texts.gameserver, false),
    cell: (row) => (
      <ObjectLink
        kind="GameServer"
        name={textOf(row, "server")}
        namespace={row.namespace}
        class="row-link"
      />
    ),
  };
  const attributes: RowColumn = {
    ...{ key: "attributes", label: texts.attributes, isWide: true },
    cell: (row) => attributesText(row.attributes),
    order: (row) => attributesText(row.attributes),
  };
  const why: RowColumn = {
    ...{ key: "why", label: texts.why, isWide: true },
    cell: (row) => {
      const sinceMs = numberOf(row, "emptySinceMs");
      return sinceMs === undefined ? "" : texts.emptyFor(agoText(sinceMs, nowMs));
    },
    order: (row) => numberOf(row, "emptySinceMs") ?? Number.POSITIVE_INFINITY,
  };
  const plainName: RowColumn = { ...name, cell: (row) => row.name };
  return [plainName, namespace, state, seats, server, fleet, node, attributes, why, age];
}

/** `map=forest mode=hide`. Pure. */
export function attributesText(attributes: unknown): string {
  return Object.entries(attributes ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

/** `12/320`; one number where the game tells no most. Pure. */
export function playersText(
  players: number | null | undefined,
  most: number | null | undefined,
): string {
  if (players === null || players === undefined) return "–";
  return most === null || most === undefined
    ? digits(players)
    : `${digits(players)}/${digits(most)}`;
}

function common(kind: RowKind, texts: Texts, nowMs: number) {
  const name: RowColumn = {
    key: "name",
    label: texts.name,
    cell: (row) => (
      <ObjectLink kind={kind} name={row.name} namespace={row.namespace} class="row-link" />
    ),
    order: (row) => row.name,
  };
  const namespace: RowColumn = {
    ...{ key: "namespace", label: texts.namespace, isWide: true },
    cell: (row) => row.namespace ?? "",
    order: (row) => row.namespace ?? "",
  };
  const state: RowColumn = {
    ...{ key: "state", label: texts.state },
    cell: (row) => <State state={stateOf(row)} />,
    order: stateOf,
  };
  const why: RowColumn = {
    ...{ key: "why", label: texts.why, isWide: true },
    cell: (row) => <RowWhy row={row} />,
    order: (row) => row.reason ?? "",
  };
  const age: RowColumn = {
    ...{ key: "age", label: texts.age, isNumber: true, isWide: true },
    cell: (row) => agoText(row.createdAtMs, nowMs),
    order: (row) => -row.createdAtMs,
  };
  const address: RowColumn = {
    ...{ key: "address", label: texts.address, isWide: true },
    cell: (row) => [textOf(row, "address"), portsText(row.ports)].filter(Boolean).join(" ") || "–",
    order: (row) => textOf(row, "address"),
  };
  return { name, namespace, state, why, age, address };
}

const WHY_MAX = 60;

function RowWhy({ row: { reason = "", message = "" } }: { readonly row: Row }) {
  const whole = [reason, message].filter(Boolean).join(": ");
  return (
    <span class="cell-why" title={whole}>
      {cut(whole, WHY_MAX)}
    </span>
  );
}
