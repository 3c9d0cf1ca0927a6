import { parseAllDocuments } from "yaml";
import type { AllocationStatus } from "../core/model/allocation.ts";
import { portsText } from "../core/model/columns.ts";
import { type AnyKind, apiVersionOf, KINDS } from "../core/model/kinds.ts";
import { FleetError, isFleetError, messageOf } from "../core/std/errors.ts";
import { isObject, sameJson } from "../core/std/json.ts";
import { nearestName } from "../core/std/nearest.ts";
import { type AnyResource, type ApiClient, pathOf, type Target } from "./api-client.ts";

/** One YAML or JSON document and where it stands, for messages. */
export interface Document {
  readonly from: string;
  readonly kind: AnyKind;
  readonly value: Record<string, unknown>;
}

/** The documents of one text. Pure; malformed ones are refused with file, line and reason. */
export function documentsOf(from: string, text: string): Document[] {
  const parsed = parseAllDocuments(text, { prettyErrors: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((document, i) => {
    const [error] = document.errors;
    if (error) throw new FleetError("INVALID", `${from}: ${firstLine(error.message)}`);
    const value = readValue(() => document.toJS({ maxAliasCount: ALIASES_MAX }), from);
    if (value === null) return [];
    const place = documents.length > 1 ? `${from}, document ${i + 1}` : from;
    return itemsOf(place, value);
  });
}

/** Aliases that multiply are an attack, not a document. */
const ALIASES_MAX = 100;

function readValue(read: () => unknown, from: string): unknown {
  try {
    return read();
  } catch (error) {
    throw new FleetError("INVALID", `${from}: ${firstLine(messageOf(error))}`);
  }
}

const firstLine = (message: string): string => message.split("\n")[0]?.replace(/:$/, "") ?? message;

function itemsOf(from: string, value: unknown): Document[] {
  if (isObject(value) && value.kind === "List" && Array.isArray(value.items))
    return value.items.flatMap((item, i) => itemsOf(`${from}, items[${i}]`, item));
  if (!isObject(value)) throw new FleetError("INVALID", `${from}: a resource must be an object`);
  return [{ from, kind: kindOfDocument(from, value), value }];
}

function kindOfDocument(from: string, { kind, apiVersion }: Record<string, unknown>): AnyKind {
  const known = Object.keys(KINDS) as AnyKind[];
  const found = known.find((name) => name === kind);
  if (!found) {
    const near = nearestName(String(kind), known);
    const what = kind === undefined ? "has no kind" : `there is no kind ${String(kind)}`;
    throw new FleetError("INVALID", `${from}: ${what}`, {
      next: near ? `did you mean ${near}?` : `known kinds: ${known.join(", ")}`,
    });
  }
  if (apiVersion === apiVersionOf(found)) return found;
  throw new FleetError(
    "INVALID",
    `${from}: apiVersion of a ${found} must be ${apiVersionOf(found)}`,
  );
}

export interface ApplyRequest {
  readonly api: ApiClient;
  readonly documents: readonly Document[];
  /** For documents that name none. */
  readonly namespace: string;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** What others name goes before them, whatever the files are called; the rest stays in order. */
const FIRST: readonly AnyKind[] = ["Network", "Image"];
const LAST: readonly AnyKind[] = ["FleetAutoscaler", "GameServerAllocation"];

export function inOrder(documents: readonly Document[]): Document[] {
  const rank = ({ kind }: Document): number =>
    FIRST.includes(kind) ? 0 : LAST.includes(kind) ? 2 : 1;
  return [...documents].sort((a, b) => rank(a) - rank(b));
}

/** Everything is checked by the API before anything is changed; then one line for each document says what was done. */
export async function applyDocuments(request: ApplyRequest): Promise<void> {
  request.documents.forEach(demandAppliable);
  for (const document of request.documents) await applyOne(request, document, true);
  for (const document of inOrder(request.documents)) {
    if (!request.dryRun) await applyOne(request, document, false);
    else request.say(`${nameOf(document)} checked, nothing changed`);
  }
}

function demandAppliable({ from, kind }: Document): void {
  const { verbs } = KINDS[kind];
  if (verbs !== "made" && verbs !== "read") return;
  const message = `${from}: a ${kind} is made by the control plane, not by a file`;
  const next = verbs === "made" ? { next: "ask for one: flotilla room make FLEET" } : {};
  throw new FleetError("INVALID", message, next);
}

function nameOf({ kind, value }: Document): string {
  const metadata = isObject(value.metadata) ? value.metadata : {};
  return `${kind.toLowerCase()}/${String(metadata.name ?? metadata.generateName ?? "")}`;
}

async function applyOne(
  request: ApplyRequest,
  document: Document,
  isTrial: boolean,
): Promise<void> {
  try {
    const { api, namespace } = request;
    const metadata = isObject(document.value.metadata) ? document.value.metadata : {};
    const target: Target = {
      kind: document.kind,
      namespace: String(metadata.namespace ?? namespace),
      query: { fieldValidation: request.fieldValidation, dryRun: isTrial ? "All" : undefined },
    };
    const name = typeof metadata.name === "string" ? metadata.name : undefined;
    const old = await existing(api, target, name);
    const { body, warnings } = await write(api, target, document, old);
    if (isTrial) for (const line of warnings) request.warn(`${document.from}: ${line}`);
    else if (document.kind === "GameServerAllocation") request.say(handedOut(body as Allocation));
    else request.say(`${nameOf(document)} ${done(old, body as AnyResource)}`);
  } catch (error) {
    if (!isFleetError(error)) throw error;
    throw new FleetError(error.code, `${document.from}: ${error.message}`, error.details, error);
  }
}

async function existing(api: ApiClient, target: Target, name: string | undefined) {
  if (name === undefined || KINDS[target.kind].verbs === "create") return undefined;
  try {
    return await api.get({ kind: target.kind, namespace: target.namespace, name });
  } catch (error) {
    if (isFleetError(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

function write(api: ApiClient, target: Target, { value }: Document, old: AnyResource | undefined) {
  if (!old) return api.request({ method: "POST", path: pathOf(target), body: value });
  const { status: _, ...wanted } = value;
  return api.request({
    method: "PATCH",
    path: pathOf({ ...target, name: old.metadata.name }),
    body: wanted,
    contentType: "application/merge-patch+json",
  });
}

type Allocation = { readonly status: AllocationStatus };

/** An allocation is not kept: what it gave must be said now. */
function handedOut({ status }: Allocation): string {
  const { state, message, gameServerName, address, ports } = status;
  if (state === "Allocated")
    return `gameserver/${gameServerName} allocated: ${address} ${portsText(ports)}`;
  throw new FleetError("EXHAUSTED", message || "no game server could be allocated");
}

function done(old: AnyResource | undefined, now: AnyResource): string {
  if (!old) return "created";
  const { labels, annotations } = now.metadata;
  // Not by revision: the controllers write status all the time.
  const isSame =
    sameJson(old.spec, now.spec) &&
    sameJson(old.metadata.labels, labels) &&
    sameJson(old.metadata.annotations, annotations);
  return isSame ? "unchanged" : "changed";
}
