import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { isObject } from "../../core/std/json.ts";
import type { ResolvedImage } from "../image/image-store.ts";
import type { ShimProcess } from "../shim/client.ts";

/** What is kept of one container, so that whoever comes next can adopt it. */
export interface KeptContainer {
  readonly plan: ContainerPlan;
  readonly address: string;
  readonly userBase: number;
  readonly startedAt: number;
  /** What it was made of; absent where an earlier version made it. */
  readonly image?: ResolvedImage;
  /** Absent until it ran. */
  readonly process?: ShimProcess;
}
const FILE = "container.json";

/** `containers/<id>/container.json`, beside what the shim keeps there. It need not survive the machine: nothing it names would. */
export class ShimFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  of(id: string): string {
    return join(this.folder, id);
  }

  async write(kept: KeptContainer): Promise<void> {
    const folder = this.of(kept.plan.id);
    await mkdir(folder, { recursive: true, mode: 0o711 });
    const temporary = join(folder, `.${randomBytes(4).toString("hex")}`);
    await writeFile(temporary, JSON.stringify(kept), { mode: 0o600 });
    await rename(temporary, join(folder, FILE));
  }

  async all(): Promise<readonly KeptContainer[]> {
    const ids = await readdir(this.folder).catch((): string[] => []);
    const kept = await Promise.all(ids.map((id) => this.#read(id)));
    return kept.filter((one) => one !== undefined);
  }

  async forget(id: string): Promise<void> {
    await rm(join(this.of(id), FILE), { force: true });
  }

  async #read(id: string): Promise<KeptContainer | undefined> {
    const text = await readFile(join(this.of(id), FILE), "utf8").catch(() => undefined);
    const value = text === undefined ? undefined : parsed(text);
    return isObject(value) && isObject(value.plan)
      ? (value as unknown as KeptContainer)
      : undefined;
  }
}

/** A file that the machine's own end cut short tells of nothing that still runs. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
