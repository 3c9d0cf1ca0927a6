import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FlotillaUp, LOOPBACK } from "../bench/flotilla-up.ts";
import { type BackingName, writeBackings } from "./backing.ts";
import { type GamePart, joinChanges, type PartChanges, writeGameFolder } from "./game-folder.ts";
import { markRunner, STATE_PREFIX, takeDownLeftovers } from "./leftovers.ts";
import type { LoadPlatform } from "./load-platform.ts";
import { PortRange } from "./port-range.ts";
import { SmallDisk } from "./small-disk.ts";

export interface OwnPlatformOptions {
  /** Parts of examples/game that the scenario needs. */
  readonly parts: readonly GamePart[];
  /** What its parts lean on, too, where this machine has it. */
  readonly backings?: readonly BackingName[];
  /** What of the parts is other than the example's. */
  readonly changes?: PartChanges;
  /** Image files that are built first, from the project's root. */
  readonly images: readonly string[];
  /** Its state folder is on a disk of its own of so many MiB; on the machine's when absent. */
  readonly diskMiB?: number | undefined;
}

/** Players say whom they come from as a proxy in front of meet would: each has an address, and the limits of one. */
const PROXIES: PartChanges = { meet: [{ env: { MEET_PROXIES: "1" } }] };

/**
 * Brings up a Flotilla for one run, in a state folder of its own, on free ports of 127.0.0.1, with real containers;
 * disposing it leaves nothing. Before that it takes down what killed runs left.
 */
export async function startOwnPlatform(options: OwnPlatformOptions): Promise<LoadPlatform> {
  takeDownLeftovers();
  const { parts, images, diskMiB, backings = [], changes = {} } = options;
  await using stack = new AsyncDisposableStack();
  const range = stack.use(await PortRange.claim());
  const disk = diskMiB === undefined ? undefined : stack.use(new SmallDisk(diskMiB));
  let ports: ReadonlyMap<GamePart, number> = new Map();
  const wanted = joinChanges([PROXIES, changes]);
  let missing: LoadPlatform["missing"] = new Map();
  const flags = [...LOOPBACK, "--port-range", range.text];
  const prepare = async (state: string): Promise<readonly string[]> => {
    markRunner(state);
    if (parts.length === 0) return flags;
    const folder = join(state, "game");
    mkdirSync(folder);
    const backing = await writeBackings(folder, backings);
    missing = backing.missing;
    ports = await writeGameFolder(folder, parts, joinChanges([wanted, backing.changes]));
    return [...flags, "-f", folder];
  };
  const prefix = disk ? join(disk.name, STATE_PREFIX) : STATE_PREFIX;
  const up = stack.use(await FlotillaUp.start(images, prepare, prefix));
  const owned = stack.move();
  return {
    apiUrl: up.url,
    adminToken: up.token,
    allocateToken: readFileSync(join(up.state, "allocate.token"), "utf8").trim(),
    allowed: [],
    own: up,
    settings: {
      ...{ changes: wanted, portRange: range.text },
      backings: backings.filter((name) => !missing.has(name)),
    },
    missing,
    url: (part) => `http://127.0.0.1:${ports.get(part)}`,
    request: (...asked) => up.request(...asked),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
