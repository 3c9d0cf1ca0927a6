import { existsSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./progress.mjs";
import { ROOT } from "./run.mjs";

const WANTED = 24;

/** The Node that runs everything: the one that the packages brought, else the running one if it is new enough. */
export function findNode() {
  const brought = join(
    ROOT,
    "node_modules",
    `node-${process.platform}-${process.arch}`,
    "bin",
    "node",
  );
  if (existsSync(brought)) return brought;
  if (Number(process.versions.node.split(".")[0]) >= WANTED) return process.execPath;
  throw new SetupError(
    `Node ${WANTED} is not there for ${process.platform} ${process.arch}, and this is ${process.versions.node}`,
    `install Node ${WANTED} and run this with it`,
  );
}
