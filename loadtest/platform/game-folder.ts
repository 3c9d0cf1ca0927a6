import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, type Document as YamlDocument } from "yaml";
import { freePort } from "../../core/std/free-port.ts";

const ROOT = join(import.meta.dirname, "../..");
const GAME = join(ROOT, "examples/game");

/** The parts of examples/game. */
export const GAME_PARTS = ["login", "asset", "room", "meet", "maps"] as const;
export type GamePart = (typeof GAME_PARTS)[number];
/** Environment of the parts that is other than the example's. */
export type PartSettings = Readonly<Partial<Record<GamePart, Readonly<Record<string, string>>>>>;

/**
 * Writes parts of examples/game into `folder`, with host ports that are free here and these settings in place of the
 * example's; returns the host port of each service.
 */
export async function writeGameFolder(
  folder: string,
  parts: readonly GamePart[],
  settings: PartSettings,
): Promise<ReadonlyMap<GamePart, number>> {
  const ports = new Map<GamePart, number>();
  mkdirSync(folder, { recursive: true });
  for (const part of parts) {
    const documents = documentsOf(`${part}.yaml`);
    for (const document of documents) {
      await openPort(document, part, ports);
      setEnvironment(document, settings[part] ?? {});
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

/** Of a Service's template or of a Fleet's pod. */
function setEnvironment(document: YamlDocument, settings: Readonly<Record<string, string>>): void {
  const ofService = ["spec", "template", "spec", "env"];
  const ofFleet = ["spec", "template", "spec", "template", "spec", "containers", 0, "env"];
  const place = [ofService, ofFleet].find((one) => document.hasIn(one));
  if (!place) return;
  for (const [name, value] of Object.entries(settings)) document.addIn(place, { name, value });
}
