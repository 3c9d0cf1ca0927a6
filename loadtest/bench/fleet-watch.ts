import type { GameServer } from "../../core/model/game-server.ts";
import type { FlotillaUp } from "./flotilla-up.ts";

const PATH = "/apis/agones.dev/v1/namespaces/default/gameservers";
const WITHIN_MS = 180_000;
const ENDED: readonly string[] = ["Shutdown", "Unhealthy", "Error"];

/** Follows every change of a fleet's game servers, and keeps the worst that it saw since it was last asked to. */
export class FleetWatch implements Disposable {
  readonly #servers = new Map<string, GameServer>();
  readonly #listeners = new Set<() => void>();
  #watch: Disposable | undefined;
  fewestReady = 0;
  mostAlive = 0;

  static async start(up: FlotillaUp, fleet: string): Promise<FleetWatch> {
    const fleetWatch = new FleetWatch();
    const selector = encodeURIComponent(`agones.dev/fleet=${fleet}`);
    const path = `${PATH}?labelSelector=${selector}`;
    fleetWatch.#watch = await up.watch<GameServer>(path, ({ type, object }) => {
      if (type === "BOOKMARK" || type === "ERROR") return;
      if (type === "DELETED") fleetWatch.#servers.delete(object.metadata.name);
      else fleetWatch.#servers.set(object.metadata.name, object);
      fleetWatch.#changed();
    });
    return fleetWatch;
  }

  get all(): readonly GameServer[] {
    return [...this.#servers.values()];
  }

  ready(version?: string): number {
    const isMeant = (server: GameServer): boolean =>
      version === undefined || versionOf(server) === version;
    return this.all.filter((one) => isFree(one) && isMeant(one)).length;
  }

  /** The worst counts from now on. */
  mark(): void {
    this.fewestReady = this.ready();
    this.mostAlive = this.#alive();
  }

  /** Waits for it, and says what there is when it does not come. */
  async until(what: string, isThere: () => boolean): Promise<void> {
    if (isThere()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => reject(new Error(`waited in vain for ${what}: ${this.#story()}`));
    const late = setTimeout(giveUp, WITHIN_MS);
    const listener = (): void => {
      if (isThere()) resolve();
    };
    this.#listeners.add(listener);
    await promise.finally(() => {
      clearTimeout(late);
      this.#listeners.delete(listener);
    });
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }

  #changed(): void {
    this.fewestReady = Math.min(this.fewestReady, this.ready());
    this.mostAlive = Math.max(this.mostAlive, this.#alive());
    for (const listener of this.#listeners) listener();
  }

  #alive(): number {
    const isAlive = ({ metadata, status }: GameServer): boolean =>
      !metadata.deletionTimestamp && !ENDED.includes(status.state);
    return this.all.filter(isAlive).length;
  }

  #story(): string {
    const counts = new Map<string, number>();
    for (const server of this.all) {
      const key = `${server.status.state} of version ${versionOf(server)}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].map(([key, count]) => `${count} ${key}`).join(", ");
  }
}

export function versionOf({ spec }: GameServer): string {
  const [container] = spec.template.spec.containers;
  return container?.env?.find(({ name }) => name === "VERSION")?.value ?? "";
}

function isFree({ metadata, status }: GameServer): boolean {
  return status.state === "Ready" && !metadata.deletionTimestamp;
}
