import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { LOCK_FILES, ownPrefix } from "./own-prefix.ts";
import type { InstallPlaces } from "./places.ts";
import { hasSystemd, systemctl } from "./systemd.ts";

export interface UninstallOptions {
  readonly places: InstallPlaces;
  /** Connected just now. */
  readonly players: () => Promise<number>;
  readonly isForced: boolean;
  /** Settings go, too; what is stored is `down`'s to delete. */
  readonly isPurge: boolean;
  /** Ends what runs on the state folder, and its game servers. */
  readonly down: () => Promise<void>;
  readonly say: (line: string) => void;
}

/** Ends everything and takes the program away; state and settings stay unless purged. May be repeated. */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const { places, players, isForced, isPurge, down, say } = options;
  const { layout, configFile, agentFile, isHere } = places;
  const units = [places.unitFile, places.agentUnitFile].filter((file) => existsSync(file));
  if (isHere && process.getuid?.() !== 0)
    throw new FleetError("FAILED_PRECONDITION", "only root can uninstall", {
      next: "run this with sudo",
    });
  if (!existsSync(layout.versions) && units.length === 0) {
    say(`nothing is installed in ${layout.prefix}`);
    return;
  }
  if (isHere && !isForced && units.includes(places.agentUnitFile))
    throw new FleetError(
      "FAILED_PRECONDITION",
      "the control plane alone knows who plays on this machine",
      { next: "move off what can move with `flotilla drain NODE` there, then: --force" },
    );
  const count = isHere && !isForced ? await players() : 0;
  if (count > 0)
    throw new FleetError("FAILED_PRECONDITION", `${count} players are connected`, {
      next: "wait until they have gone (`flotilla get gs`), or end their games: --force",
    });
  using _own = ownPrefix(layout.prefix);
  const hasUnits = isHere && units.length > 0 && hasSystemd();
  if (hasUnits) await systemctl("disable", "--now", ...units.map((file) => basename(file)));
  // The unit's end leaves game servers running, as it should; this is what ends them.
  if (isHere) await down();
  for (const file of units) {
    await rm(file, { force: true });
    say(`✓ ${basename(file)} is gone`);
  }
  if (hasUnits) await systemctl("daemon-reload");
  for (const path of [
    layout.current,
    layout.previous,
    layout.versions,
    ...["upgrade.json", ...LOCK_FILES].map((name) => join(layout.prefix, name)),
  ])
    await rm(path, { recursive: true, force: true });
  for (const file of isPurge ? [configFile, agentFile] : []) await rm(file, { force: true });
  say(
    `✓ the program is gone from ${dirname(layout.versions)}; ${isPurge ? "settings, too" : "settings and state stay"}`,
  );
}
