import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * `logs/<container id>/`: outside of the container's own folder, so that a log outlives removal and goes on when the
 * container is started again. The oldest of removed containers go when there are more than `removedMax`.
 */
export class KeptLogs {
  readonly #folder: string;
  readonly #removedMax: number;
  /** Ids of removed containers, the one removed first first. */
  readonly #removed = new Set<string>();

  constructor(folder: string, removedMax: number) {
    this.#folder = folder;
    this.#removedMax = removedMax;
  }

  folderOf(id: string): string {
    return join(this.#folder, id);
  }

  async make(id: string): Promise<string> {
    this.use(id);
    await mkdir(this.folderOf(id), { recursive: true, mode: 0o700 });
    return this.folderOf(id);
  }

  async has(id: string): Promise<boolean> {
    return (await stat(this.folderOf(id)).catch(() => undefined)) !== undefined;
  }

  /** Finds what removed containers of earlier drivers left; `inUse` are those that are still there. Once, before any start. */
  async find(inUse: ReadonlySet<string>): Promise<void> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => !inUse.has(name));
    const rows = await Promise.all(
      names.map(async (name) => {
        const log = await stat(join(this.#folder, name, "log.0")).catch(() => undefined);
        return { name, mtimeMs: log?.mtimeMs ?? 0 };
      }),
    );
    for (const { name } of rows.sort((a, b) => a.mtimeMs - b.mtimeMs)) this.#removed.add(name);
  }

  /** A container is there (again): its log stays whatever comes. */
  use(id: string): void {
    this.#removed.delete(id);
  }

  /** Call after a removal. */
  async keep(id: string): Promise<void> {
    this.#removed.delete(id);
    this.#removed.add(id);
    for (const oldest of this.#removed) {
      if (this.#removed.size <= this.#removedMax) return;
      this.#removed.delete(oldest);
      await rm(this.folderOf(oldest), { recursive: true, force: true });
    }
  }
}
