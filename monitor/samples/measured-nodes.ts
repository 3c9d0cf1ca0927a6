import type { MachineUsage } from "../../core/model/usage.ts";

/** What was said so long ago is not said any more. */
const STALE_MS = 3_000;
const NODES_MAX = 1_000;

interface Heard {
  readonly atMs: number;
  readonly heardAt: number;
  readonly usage: MachineUsage;
  /** Thousandths of a core; NaN with the first. */
  readonly cpu: number;
}

/** The machines themselves, by what their agents said last. */
export class MeasuredNodes {
  readonly #nodes = new Map<string, Heard>();

  take(node: string, usage: MachineUsage, atMs: number, heardAt: number): void {
    const before = this.#nodes.get(node);
    if (!before && this.#nodes.size >= NODES_MAX) this.#forget(heardAt);
    const spanMs = before ? atMs - before.atMs : 0;
    const grown = usage.cpuMicros - (before?.usage.cpuMicros ?? 0);
    const cpu = spanMs > 0 && grown >= 0 ? grown / spanMs : Number.NaN;
    this.#nodes.set(node, { atMs, heardAt, usage, cpu });
  }

  /** NaN for what was not heard in the last seconds. */
  of(node: string, now: number): { cpu: number; memory: number; load: number } {
    const heard = this.#nodes.get(node);
    if (!heard || now - heard.heardAt > STALE_MS)
      return { cpu: Number.NaN, memory: Number.NaN, load: Number.NaN };
    return { cpu: heard.cpu, memory: heard.usage.memoryBytes, load: heard.usage.load };
  }

  #forget(now: number): void {
    for (const [name, { heardAt }] of this.#nodes)
      if (now - heardAt > STALE_MS) this.#nodes.delete(name);
  }
}
