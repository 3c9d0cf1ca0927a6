import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { stampNew } from "../state/stamp.ts";
import { STATE_STEPS } from "../state/steps.ts";
import { packageVersion } from "../version.ts";

/** The folder where one instance keeps everything, and the short id that all it makes in the kernel carries. */
export interface StateFolder {
  readonly path: string;
  /** Four hexadecimal digits: bridges, tables and cgroups of two instances never meet. */
  readonly instance: string;
}

interface Part {
  readonly name: string;
  readonly mode: number;
  /** Written by the unprivileged server; everything else is the agent's (root's). */
  readonly isServers: boolean;
}
const part = (name: string, mode: number, isServers = false): Part => ({ name, mode, isServers });
/** 0711 on the way lets unprivileged parts reach what is theirs by name, and list nothing. */
const PARTS: readonly Part[] = [
  part("server", 0o700, true),
  part("agent", 0o700),
  part("images", 0o711),
  part("layers", 0o711),
  part("containers", 0o711),
  part("volumes", 0o711),
  part("secrets", 0o700),
  part("sdk", 0o755),
  part("sdk/peers", 0o755),
  part("run", 0o711),
  part("logs", 0o700),
];
const MARK = "instance.json";
const FORMAT = 1;

/** Makes what is missing of a state folder. `serverUid` is given when root starts and the server is to drop to it. */
export function openStateFolder(folder: string, serverUid: number | undefined): StateFolder {
  const path = resolve(folder);
  try {
    makeFolder(path, 0o711);
    const instance = instanceOf(path);
    for (const { name, mode, isServers } of PARTS) {
      makeFolder(join(path, name), mode);
      if (isServers && serverUid !== undefined) chownSync(join(path, name), serverUid, serverUid);
    }
    return { path, instance };
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw new FleetError(
      "FAILED_PRECONDITION",
      `cannot use the state folder: ${messageOf(error)}`,
      {
        next: "run this as root (sudo), or choose a folder of your own: --state FOLDER",
      },
    );
  }
}

function makeFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  chmodSync(path, mode);
}

function instanceOf(path: string): string {
  const file = join(path, MARK);
  if (!existsSync(file)) {
    // Before the mark: a folder that has one and no stamp is of a release before there were stamps.
    stampNew(path, { format: STATE_STEPS.length, writtenBy: packageVersion() });
    const mark = { format: FORMAT, instance: randomBytes(2).toString("hex") };
    writeFileSync(file, `${JSON.stringify(mark)}\n`, { mode: 0o644, flag: "wx" });
  }
  const mark = readMark(path);
  if (mark) return mark.instance;
  throw new FleetError("FAILED_PRECONDITION", `${file} is not what this version wrote`, {
    next: "use the version that wrote it, or choose another state folder: --state FOLDER",
  });
}

/** The instance that a folder belongs to; undefined when it is no state folder of ours. */
export function readMark(path: string): { readonly instance: string } | undefined {
  try {
    const mark: unknown = JSON.parse(readFileSync(join(path, MARK), "utf8"));
    if (!isObject(mark) || mark.format !== FORMAT) return undefined;
    const { instance } = mark;
    return typeof instance === "string" && /^[0-9a-f]{4}$/.test(instance)
      ? { instance }
      : undefined;
  } catch {
    return undefined;
  }
}
