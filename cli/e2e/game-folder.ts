import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, type Document as YamlDocument } from "yaml";
import { freePort } from "../../core/std/free-port.ts";

const ROOT = join(import.meta.dirname, "../..");
const GAME = join(ROOT, "examples/game");

export const GAME_PARTS = ["login", "asset", "room", "meet", "maps"] as const;
export type GamePart = (typeof GAME_PARTS)[number];

export interface GameFolder {
  /** What `flotilla up -f` is given. */
  readonly folder: string;
  /** The host port of each service. */
  readonly ports: ReadonlyMap<GamePart, number>;
}

/**
 * examples/game, or some parts of it, with host ports that are free here: the example's own may be another instance's. The
 * caller removes the folder.
 */
export async function gameFolder(parts: readonly GamePart[]): Promise<GameFolder> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-game-"));
  const ports = new Map<GamePart, number>();
  for (const part of parts) {
    const documents = await documentsOf(`${part}.yaml`);
    for (const document of documents) {
      const place = ["spec", "ports", 0, "hostPort"];
      if (!document.hasIn(place)) continue;
      const port = ports.get(part) ?? (await freePort());
      ports.set(part, port);
      document.setIn(place, port);
    }
    await writeDocuments(join(folder, `${part}.yaml`), documents);
    const image = await readFile(join(GAME, `${part}.image.yaml`), "utf8");
    await writeFile(join(folder, `${part}.image.yaml`), image.replaceAll("../..", ROOT));
  }
  await cp(join(GAME, "secrets.yaml"), join(folder, "secrets.yaml"));
  return { folder, ports };
}

async function documentsOf(file: string): Promise<readonly YamlDocument[]> {
  const parsed = parseAllDocuments(await readFile(join(GAME, file), "utf8"));
  return Array.isArray(parsed) ? parsed : [];
}

async function writeDocuments(path: string, documents: readonly YamlDocument[]): Promise<void> {
  await writeFile(
    path,
    documents
      .map(String)
      .join("---\n")
      .replaceAll(/^---\n---\n/gm, "---\n"),
  );
}
