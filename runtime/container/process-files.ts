import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { isObject } from "../../core/std/json.ts";
import type { ResolvedImage } from "../image/image-store.ts";
import { replaceFile } from "../linux/replace-file.ts";
import type { ExitStatus } from "./driver.ts";
import { parseExitFile } from "./exit-file.ts";

/** What was kept when a container was started. */
export interface KeptPlan {
  readonly plan: ContainerPlan;
  readonly startedAt: number;
  /** What it was made of; absent where an earlier version made it. */
  readonly image?: ResolvedImage;
  /** Words and environment as they were made for this machine: commands inside of it get the same environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The wrapper that runs a container: the pid together with its identity names one process for good. */
export interface KeptRun {
  readonly pid: number;
  readonly identity: string;
}

/**
 * `containers/<id>/`: plan.json (before the start), run.json (after it), pid and exit (written by the wrapper), raw/ (what
 * the game prints), work/ (its working folder).
 */
export class ProcessFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  of(id: string): string {
    return join(this.folder, id);
  }
  raw(id: string): string {
    return join(this.folder, id, "raw");
  }
  work(id: string): string {
    return join(this.folder, id, "work");
  }

  /** Ids of all containers that have a folder. */
  async ids(): Promise<readonly string[]> {
    return (await readdir(this.folder).catch(() => [])).filter((name) => !name.startsWith("."));
  }

  /** An empty folder for a new life, with the plan in it. */
  async begin(kept: KeptPlan): Promise<void> {
    const { id } = kept.plan;
    await this.remove(id);
    await mkdir(this.raw(id), { recursive: true, mode: 0o700 });
    await mkdir(this.work(id), { mode: 0o700 });
    await replaceFile(join(this.of(id), "plan.json"), 0o600, JSON.stringify(kept));
  }

  async writeRun(id: string, run: KeptRun): Promise<void> {
    await replaceFile(join(this.of(id), "run.json"), 0o600, JSON.stringify(run));
  }

  async plan(id: string): Promise<KeptPlan | undefined> {
    const value = await this.#json(id, "plan.json");
    return value && isObject(value.plan) ? (value as unknown as KeptPlan) : undefined;
  }

  async run(id: string): Promise<KeptRun | undefined> {
    const value = await this.#json(id, "run.json");
    return value && typeof value.pid === "number" ? (value as unknown as KeptRun) : undefined;
  }

  /** The wrapper's own word for its pid: there although we died before run.json was written. */
  async pid(id: string): Promise<number | undefined> {
    const text = await readFile(join(this.of(id), "pid"), "utf8").catch(() => "");
    return /^\d+\n$/.test(text) ? Number(text) : undefined;
  }

  async exit(id: string): Promise<ExitStatus | undefined> {
    const path = join(this.of(id), "exit");
    const text = await readFile(path, "utf8").catch(() => "");
    if (text === "") return undefined;
    return parseExitFile(text, Math.round((await stat(path)).mtimeMs), false);
  }

  async remove(id: string): Promise<void> {
    await rm(this.of(id), { recursive: true, force: true });
  }

  async #json(id: string, name: string): Promise<Record<string, unknown> | undefined> {
    const text = await readFile(join(this.of(id), name), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  }
}
