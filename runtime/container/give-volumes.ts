import { chown, lchown, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A named volume belongs to the users of the container that has it now; another one before had others. */
export async function giveVolumes(
  binds: readonly { readonly source: string }[],
  user: number,
): Promise<void> {
  for (const { source } of binds) {
    await mkdir(source, { recursive: true, mode: 0o750 });
    if ((await stat(source)).uid === user) continue;
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true }))
      await lchown(join(entry.parentPath, entry.name), user, user);
    await chown(source, user, user);
  }
}
