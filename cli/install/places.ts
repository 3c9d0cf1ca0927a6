import { join, resolve } from "node:path";
import { CONFIG_FILE } from "../config.ts";
import { type InstallLayout, layoutOf } from "./layout.ts";
import { AGENT_UNIT_NAME, UNIT_NAME } from "./unit.ts";

export const PREFIX = "/opt/flotilla";
/** As the machine will call it. */
export const AGENT_FILE = "/etc/flotilla/agent.env";

/** Where an installation's files lie: as they are called on the machine, below another root where one is named. */
export interface InstallPlaces {
  /** As the machine will call it. */
  readonly prefix: string;
  readonly layout: InstallLayout;
  readonly configFile: string;
  readonly unitFile: string;
  /** Of an agent alone. */
  readonly agentUnitFile: string;
  /** Its environment: FLOTILLA_API, FLOTILLA_JOIN_TOKEN. */
  readonly agentFile: string;
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
    agentUnitFile: below(join("/etc/systemd/system", AGENT_UNIT_NAME)),
    agentFile: below(AGENT_FILE),
    isHere: root === undefined,
  };
}
