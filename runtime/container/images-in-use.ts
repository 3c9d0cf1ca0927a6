import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isObject } from "../../core/std/json.ts";
import type { UsedImage } from "../image/decide-clearing.ts";

/**
 * What the containers of a state folder were made of, whichever driver made them and whoever asks; undefined stands for
 * one that does not say. Fails where it cannot look: that is not to say that there is none.
 */
export async function imagesInUse(root: string): Promise<readonly (UsedImage | undefined)[]> {
  const isolated = await kept(join(root, "containers"), "container.json");
  const plain = await kept(join(root, "agent", "containers"), "plan.json");
  return [...isolated, ...plain];
}

async function kept(folder: string, file: string): Promise<readonly (UsedImage | undefined)[]> {
  const ids = await orNone(readdir(folder), []);
  const texts = await Promise.all(
    ids.map((id) => orNone(readFile(join(folder, id, file), "utf8"), undefined)),
  );
  return texts.flatMap((text) => {
    const value = parsed(text);
    return isObject(value) ? [usedOf(value)] : [];
  });
}

/** Folders of containers that have ended hold logs only, and one may end while we look. */
async function orNone<T, N>(found: Promise<T>, none: N): Promise<T | N> {
  try {
    return await found;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT" || code === "ENOTDIR") return none;
    throw error;
  }
}

function usedOf(value: Record<string, unknown>): UsedImage | undefined {
  const { digest, layers } = isObject(value.image) ? value.image : {};
  if (typeof digest !== "string" || !Array.isArray(layers)) return undefined;
  return { digest, layers: layers.map((path) => basename(String(path))) };
}

/** What the machine's own end cut short is of a container that ended with it. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
