import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { PLATFORM_API } from "../../core/model/platform-api.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { writeAll } from "../linux/write-all.ts";
import { KeyedLock } from "./keyed-lock.ts";

/** A name inside a network: a Container's on this machine, or a service's. */
export interface NetworkMember {
  readonly namespace: string;
  readonly network: string;
  readonly name: string;
  readonly address: string;
}

export interface HostsFilesOptions {
  /** In memory, so that a container that looks at its mounts sees no path of this machine. */
  readonly folder: string;
  /** Services that have an address; resolves when they are known. */
  readonly services: () => Promise<readonly NetworkMember[]>;
  /** The control plane's address for those who may reach it; undefined where nobody can. */
  readonly platformApi: string | undefined;
  readonly clock: Pick<Clock, "sleep">;
  readonly logger: Logger;
  /** Changes within this time are written together. */
  readonly delayMs: number;
}

interface Owner {
  readonly plan: ContainerPlan;
  readonly address: string;
}

/**
 * The /etc/hosts of each container, with the names of the Containers and services of its network. A file and no DNS
 * server: every libc and Node read it anew for each look-up, there is no port, process or cache that could fail, and it
 * goes on while the agent is away. It is rewritten in place, because what a container has mounted is this one inode.
 */
export class HostsFiles {
  readonly #options: HostsFilesOptions;
  readonly #owners = new Map<string, Owner>();
  /** Who writes a file later knows at least as much as who wrote it before. */
  readonly #locks = new KeyedLock();
  #pass: Promise<void> | undefined;

  constructor(options: HostsFilesOptions) {
    this.#options = options;
  }

  pathOf(id: string): string {
    return join(this.#options.folder, id);
  }

  /** One that runs already, with the file that it has. */
  adopt(plan: ContainerPlan, address: string): void {
    this.#owners.set(plan.id, { plan, address });
  }

  /** A container has its address: its own file is there when this resolves, those of the others soon after. */
  async add(plan: ContainerPlan, address: string): Promise<void> {
    if (plan.platformApi && !this.#options.platformApi)
      throw new FleetError(
        "FAILED_PRECONDITION",
        "platformApi works on the machine of the control plane only: name it by nodeName",
      );
    this.#owners.set(plan.id, { plan, address });
    await using file = await open(this.pathOf(plan.id), "a");
    await file.chmod(0o644);
    await this.#write(plan.id);
    if (plan.subject.kind === "Container") this.changed();
  }

  async remove(id: string): Promise<void> {
    const owner = this.#owners.get(id);
    this.#owners.delete(id);
    await this.#locks.run(id, () => rm(this.pathOf(id), { force: true }));
    if (owner?.plan.subject.kind === "Container") this.changed();
  }

  /** Some name is another's, or nobody's: all files are brought to it. */
  changed(): void {
    this.#pass ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const { clock, delayMs, logger, services } = this.#options;
    await Promise.all([clock.sleep(delayMs), services()]);
    this.#pass = undefined;
    for (const id of this.#owners.keys())
      await this.#write(id).catch((error: unknown) =>
        logger.warn({ container: id, error: messageOf(error) }, "could not write its hosts file"),
      );
  }

  async #write(id: string): Promise<void> {
    await this.#locks.run(id, async () => {
      const services = await this.#options.services();
      const owner = this.#owners.get(id);
      if (!owner) return;
      const members = [...this.#owners.values()].flatMap(memberOf);
      const api = owner.plan.platformApi ? this.#options.platformApi : undefined;
      await writeInPlace(this.pathOf(id), hostsText(owner, [...services, ...members], api));
    });
  }
}

/** Game servers come and go by hundreds and nobody asks for them by name: they have none for others. */
function memberOf({ plan, address }: Owner): NetworkMember[] {
  const { kind, namespace, name } = plan.subject;
  return kind === "Container" ? [{ namespace, network: plan.network.name, name, address }] : [];
}

/**
 * `name` and `name.namespace` of all of one network; a service goes before a Container of the same name. No ::1: a client
 * that dials `localhost` must arrive at 127.0.0.1, where the SDK answers.
 */
export function hostsText(
  { plan, address }: Owner,
  members: readonly NetworkMember[],
  api?: string,
): string {
  const { namespace, name: network } = plan.network;
  const named = new Map<string, string>();
  for (const one of members)
    if (one.namespace === namespace && one.network === network && !named.has(one.name))
      named.set(one.name, one.address);
  const rows = [...named]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, where]) => `${where}\t${name} ${name}.${namespace}`);
  // A Container is among the members itself, as a rule by the name that it calls itself.
  const isNamed = named.get(plan.hostname) === address;
  const own = isNamed ? [] : [`${address}\t${plan.hostname}`];
  const platform = api === undefined ? [] : [`${api}\t${PLATFORM_API.name}`];
  return ["127.0.0.1\tlocalhost", ...own, ...platform, ...rows, ""].join("\n");
}

/**
 * In one write, filled up to the old length and cut only afterwards: who reads meanwhile finds whole lines, of before or
 * of now, and empty ones.
 */
async function writeInPlace(path: string, text: string): Promise<void> {
  await using file = await open(path, "r+");
  const before = await file.readFile();
  const next = Buffer.from(text);
  if (next.equals(before)) return;
  const rest = Buffer.alloc(Math.max(0, before.length - next.length), "\n");
  const whole = Buffer.concat([next, rest]);
  await writeAll(file, whole, whole.length, 0);
  if (rest.length > 0) await file.truncate(next.length);
}
