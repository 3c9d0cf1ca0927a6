import { chown, lchown, mkdir, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { KeyedLock } from "./keyed-lock.ts";

/** Of two that start at once with one volume, the second finds it given. */
const locks = new KeyedLock();

/**
 * A named volume belongs to the users of the container that has it now; another one before had others. Files are given
 * only while nobody has them: a program could lead this walk elsewhere.
 */
export async function giveVolumes(
  binds: readonly { readonly source: string }[],
  user: number,
): Promise<void> {
  for (const { source } of binds) await locks.run(source, () => give(source, user));
}

/** A missing secret has a sentence that says what to do; the shim's own would name a folder of this machine. */
export async function demandSecrets(
  secrets: readonly { readonly source: string }[],
): Promise<void> {
  for (const { source } of secrets) {
    const isThere = await stat(source).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    const name = basename(source);
    throw new FleetError(
      "FAILED_PRECONDITION",
      `secret ${name} is not on this machine: run \`flotilla secret set ${name}\` there`,
    );
  }
}

async function give(source: string, user: number): Promise<void> {
  await mkdir(source, { recursive: true, mode: 0o750 });
  if ((await stat(source)).uid === user) return;
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true }))
    await lchown(join(entry.parentPath, entry.name), user, user);
  // Last: a walk that was cut short is made once more.
  await chown(source, user, user);
}
