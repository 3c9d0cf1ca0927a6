import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { LOCK_FILES, ownPrefix } from "./own-prefix.ts";
import type { InstallPlaces } from "./places.ts";
import { hasSystemd, systemctl } from "./systemd.ts";
import { UNIT_NAME } from "./unit.ts";

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
  const { layout, unitFile, configFile, isHere } = places;
  if (isHere && process.getuid?.() !== 0)
    throw new FleetError("FAILED_PRECONDITION", "only root can uninstall", {
      next: "run this with sudo",
    });
  if (!existsSync(layout.versions) && !existsSync(unitFile)) {
    say(`nothing is installed in ${layout.prefix}`);
    return;
  }
  const count = isHere && !isForced ? await players() : 0;
  if (count > 0)
    throw new FleetError("FAILED_PRECONDITION", `${count} players are connected`, {
      next: "wait until they have gone (`flotilla get gs`), or end their games: --force",
    });
  using _own = ownPrefix(layout.prefix);
  const isKnown = existsSync(unitFile);
  if (isHere && isKnown && hasSystemd()) await systemctl("disable", "--now", UNIT_NAME);
  // The unit's end leaves game servers running, as it should; this is what ends them.
  if (isHere) await down();
  await rm(unitFile, { force: true });
  if (isHere && isKnown && hasSystemd()) await systemctl("daemon-reload");
  for (const path of [
    layout.current,
    layout.previous,
    layout.versions,
    ...["upgrade.json", ...LOCK_FILES].map((name) => join(layout.prefix, name)),
  ])
    await rm(path, { recursive: true, force: true });
  if (isPurge) await rm(configFile, { force: true });
  say(
    `✓ the program is gone from ${dirname(layout.versions)}; ${isPurge ? "settings, too" : "settings and state stay"}`,
  );
}
