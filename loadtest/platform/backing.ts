import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { freePort } from "../../core/std/free-port.ts";
import { findFerret } from "../../store/mongodb/ferret-server.fixture.ts";
import type { Change, PartChanges } from "./game-folder.ts";

const FOLDER = join(import.meta.dirname, "backing");

/** What the game's backend may lean on beside what it brings, each a Service of the same name. */
export const BACKINGS = ["redis", "mongodb"] as const;
export type BackingName = (typeof BACKINGS)[number];

interface Backing {
  /** What the parts of the game are told of it. */
  readonly changes: PartChanges;
  /** In its image file, what stands for what. */
  readonly replaced: Readonly<Record<string, string>>;
}

/** Writes what is asked for into `folder`, where `up -f` finds it; why one is not there on this machine, otherwise. */
export async function writeBackings(
  folder: string,
  names: readonly BackingName[],
): Promise<{ readonly changes: PartChanges; readonly missing: ReadonlyMap<BackingName, string> }> {
  const missing = new Map<BackingName, string>();
  let changes: PartChanges = {};
  for (const name of names) {
    const found = await FIND[name]();
    if (typeof found === "string") {
      missing.set(name, found);
      continue;
    }
    changes = { ...changes, ...found.changes };
    for (const file of [`${name}.yaml`, `${name}.image.yaml`]) {
      let text = readFileSync(join(FOLDER, file), "utf8");
      for (const [word, stands] of Object.entries(found.replaced))
        text = text.replaceAll(word, stands);
      writeFileSync(join(folder, file), text);
    }
  }
  return { changes, missing };
}

const FIND: Readonly<Record<BackingName, () => Promise<Backing | string>>> = {
  redis: async () => {
    const folders = (process.env.PATH ?? "").split(delimiter);
    if (!folders.some((one) => existsSync(join(one, "redis-server"))))
      return "redis-server is not installed";
    return { changes: { maps: oneGameServer(await freePort()) }, replaced: {} };
  },
  mongodb: async () => {
    const found = await findFerret();
    if ("missing" in found) return found.missing;
    const login = [{ env: { LOGIN_DOCUMENTS: "mongodb://mongodb/login" } }];
    return { changes: { login }, replaced: { FERRETDB: dirname(found.program) } };
  },
};

/** A game server that shares its rooms tells players where it is itself: it has a port that is known, so it is the only one. */
function oneGameServer(port: number): readonly Change[] {
  const env = { REDIS_URL: "redis://redis:6379/0", MAP_PUBLIC_ADDRESS: `127.0.0.1:${port}` };
  const place = { name: "game", portPolicy: "Static", protocol: "TCP", containerPort: 7654 };
  return [
    { env },
    {
      kind: "Fleet",
      at: ["spec", "template", "spec", "ports", 0],
      value: { ...place, hostPort: port },
    },
  ];
}
