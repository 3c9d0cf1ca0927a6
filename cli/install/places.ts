import { join, resolve } from "node:path";
import { CONFIG_FILE } from "../config.ts";
import { type InstallLayout, layoutOf } from "./layout.ts";
import { UNIT_NAME } from "./unit.ts";

export const PREFIX = "/opt/flotilla";

/** Where an installation's files lie: as they are called on the machine, below another root where one is named. */
export interface InstallPlaces {
  /** As the machine will call it. */
  readonly prefix: string;
  readonly layout: InstallLayout;
  readonly configFile: string;
  readonly unitFile: string;
  /** True for the machine that this runs on; false for a folder that becomes another machine's root. */
  readonly isHere: boolean;
}

export function placesOf(prefix: string, root: string | undefined): InstallPlaces {
  const below = (path: string): string => (root === undefined ? path : join(resolve(root), path));
  return {
    prefix,
    layout: layoutOf(below(prefix)),
    configFile: below(CONFIG_FILE),
    unitFile: below(join("/etc/systemd/system", UNIT_NAME)),
    isHere: root === undefined,
  };
}
