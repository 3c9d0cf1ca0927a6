import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { syncFolder } from "../../runtime/linux/replace-file.ts";

/** Where an installed program lies: one folder per version, and a link to the one that is used. */
export interface InstallLayout {
  readonly prefix: string;
  /** `<prefix>/versions`. */
  readonly versions: string;
  /** `<prefix>/current`: a link to one of them, replaced at once. */
  readonly current: string;
  /** `<prefix>/previous`: the one that was used before. */
  readonly previous: string;
}

export function layoutOf(prefix: string): InstallLayout {
  const versions = join(prefix, "versions");
  return { prefix, versions, current: join(prefix, "current"), previous: join(prefix, "previous") };
}

/** The installation that a package's folder is a version of; undefined for a clone, or a package of npm. */
export function installationOf(packageFolder: string): InstallLayout | undefined {
  const versions = dirname(packageFolder);
  const layout = layoutOf(dirname(versions));
  return basename(versions) === "versions" && existsSync(layout.current) ? layout : undefined;
}

/** The version that a link leads to; undefined when there is no link. FAILED_PRECONDITION when something else lies there. */
export function linkedVersion(link: string): string | undefined {
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.isSymbolicLink()) return basename(readlinkSync(link));
  throw new FleetError("FAILED_PRECONDITION", `${link} is no link: flotilla did not make it`, {
    next: "move it away, or install elsewhere: --prefix FOLDER",
  });
}

/** Lets a link lead to a version, at one moment and durably. */
export async function pointTo(link: string, version: string): Promise<void> {
  linkedVersion(link);
  const fresh = `${link}.new`;
  await rm(fresh, { force: true });
  await symlink(join("versions", version), fresh);
  await rename(fresh, link);
  await syncFolder(dirname(link));
}

/** The versions that are there, in no particular order. */
export function versionsOf({ versions }: InstallLayout): readonly string[] {
  return existsSync(versions) ? readdirSync(versions).filter((name) => !name.startsWith(".")) : [];
}

/** Negative when `a` is older than `b`, by the numbers of Semantic Versioning; a pre-release comes before its release. Pure. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (one.numbers[index] ?? 0) - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (one.tag === other.tag) return 0;
  if (one.tag === "" || other.tag === "") return one.tag === "" ? 1 : -1;
  return one.tag.localeCompare(other.tag, "en", { numeric: true });
}

function partsOf(version: string): { readonly numbers: readonly number[]; readonly tag: string } {
  const [core = "", tag = ""] = version.split("+", 1)[0]?.split(/-(.*)/s) ?? [];
  return { numbers: core.split(".").map(Number), tag };
}
