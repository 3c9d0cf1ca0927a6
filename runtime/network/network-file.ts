import { readFile, rename, writeFile } from "node:fs/promises";
import { isObject } from "../../core/std/json.ts";
import type { NodeNetworkOptions } from "./network-options.ts";
import type { NetworkState } from "./network-state.ts";

/**
 * Keeps a node's network in a file. It survives the agent's death but is not forced to the disk, which would cost more
 * than the rest of a container: what it tells of ends with the machine too, so a file cut short by that is no file.
 */
export function networkFile(path: string): Pick<NodeNetworkOptions, "load" | "save"> {
  return {
    load: async () => stateOf(await readFile(path, "utf8").catch(() => "")),
    save: async (state) => {
      await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
  };
}

function stateOf(text: string): NetworkState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? (value as unknown as NetworkState) : undefined;
  } catch {
    return undefined;
  }
}
