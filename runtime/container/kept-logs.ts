import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * `logs/<container id>/`: outside of the container's own folder, so that a log outlives removal and goes on when the
 * container is started again. The oldest of removed containers go when there are more than `removedMax`.
 */
export class KeptLogs {
  readonly #folder: string;
  readonly #removedMax: number;

  constructor(folder: string, removedMax: number) {
    this.#folder = folder;
    this.#removedMax = removedMax;
  }

  folderOf(id: string): string {
    return join(this.#folder, id);
  }

  async make(id: string): Promise<string> {
    await mkdir(this.folderOf(id), { recursive: true, mode: 0o700 });
    return this.folderOf(id);
  }

  async has(id: string): Promise<boolean> {
    return (await stat(this.folderOf(id)).catch(() => undefined)) !== undefined;
  }

  /** Call after a removal; `inUse` are the ids of containers that are still there. */
  async prune(inUse: ReadonlySet<string>): Promise<void> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => !inUse.has(name));
    const rows = await Promise.all(
      names.map(async (name) => {
        const mtimeMs = (await stat(join(this.#folder, name, "log.0")).catch(() => undefined))
          ?.mtimeMs;
        return { name, mtimeMs: mtimeMs ?? 0 };
      }),
    );
    const old = rows.sort((a, b) => b.mtimeMs - a.mtimeMs).slice(this.#removedMax);
    for (const { name } of old) await rm(this.folderOf(name), { recursive: true, force: true });
  }
}
