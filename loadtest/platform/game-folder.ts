import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, type YAMLMap, type YAMLSeq, type Document as YamlDocument } from "yaml";
import { freePort } from "../../core/std/free-port.ts";

const ROOT = join(import.meta.dirname, "../..");
const GAME = join(ROOT, "examples/game");

/** The parts of examples/game. */
export const GAME_PARTS = ["login", "asset", "room", "meet", "maps"] as const;
export type GamePart = (typeof GAME_PARTS)[number];
/** What is other than in the example: of what runs, its environment; of a document of this kind, what stands somewhere. */
export type Change =
  | { readonly env: Readonly<Record<string, string>> }
  | { readonly kind: string; readonly at: readonly (string | number)[]; readonly value: unknown };
export type PartChanges = Readonly<Partial<Record<GamePart, readonly Change[]>>>;

/** Both, the later ones on top. */
export function joinChanges(all: readonly PartChanges[]): PartChanges {
  const parts = GAME_PARTS.map((part) => [part, all.flatMap((one) => one[part] ?? [])] as const);
  return Object.fromEntries(parts.filter(([, changes]) => changes.length > 0));
}

/**
 * Writes parts of examples/game into `folder`, with host ports that are free here and these changes; returns the host port
 * of each service.
 */
export async function writeGameFolder(
  folder: string,
  parts: readonly GamePart[],
  changes: PartChanges,
): Promise<ReadonlyMap<GamePart, number>> {
  const ports = new Map<GamePart, number>();
  mkdirSync(folder, { recursive: true });
  for (const part of parts) {
    const documents = documentsOf(`${part}.yaml`);
    for (const document of documents) {
      await openPort(document, part, ports);
      for (const change of changes[part] ?? []) apply(change, document);
    }
    writeFileSync(join(folder, `${part}.yaml`), documents.map(textOf).join("---\n"));
    const image = readFileSync(join(GAME, `${part}.image.yaml`), "utf8");
    writeFileSync(join(folder, `${part}.image.yaml`), image.replaceAll("../..", ROOT));
  }
  if (parts.length > 0)
    writeFileSync(join(folder, "secrets.yaml"), readFileSync(join(GAME, "secrets.yaml")));
  return ports;
}

function documentsOf(file: string): readonly YamlDocument[] {
  const parsed = parseAllDocuments(readFileSync(join(GAME, file), "utf8"));
  return Array.isArray(parsed) ? parsed : [];
}

function textOf(document: YamlDocument): string {
  return String(document).replace(/^---\n/, "");
}

async function openPort(
  document: YamlDocument,
  part: GamePart,
  ports: Map<GamePart, number>,
): Promise<void> {
  const place = ["spec", "ports", 0, "hostPort"];
  if (!document.hasIn(place)) return;
  const port = await freePort();
  ports.set(part, port);
  document.setIn(place, port);
}

function apply(change: Change, document: YamlDocument): void {
  if ("env" in change) setEnvironment(document, change.env);
  else if (document.get("kind") === change.kind) document.setIn(change.at, change.value);
}

/** Of a Service's template or of a Fleet's pod. */
function setEnvironment(document: YamlDocument, settings: Readonly<Record<string, string>>): void {
  const ofService = ["spec", "template", "spec", "env"];
  const ofFleet = ["spec", "template", "spec", "template", "spec", "containers", 0, "env"];
  const place = [ofService, ofFleet].find((one) => document.hasIn(one));
  if (!place) return;
  for (const [name, value] of Object.entries(settings)) {
    const { items } = document.getIn(place) as YAMLSeq<YAMLMap>;
    const at = items.findIndex((one) => one.get("name") === name);
    const node = document.createNode({ name, value });
    if (at >= 0) document.setIn([...place, at], node);
    else document.addIn(place, node);
  }
}
