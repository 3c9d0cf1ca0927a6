import { keyOf, type Resource, refOf } from "../../core/model/resource.ts";
import { type Row, type RowKind, rowOf } from "../../core/model/rows.ts";
import type { LiveSamples } from "./live-samples.ts";

/** Rows with what was measured last beside what the resource says. A resource becomes a row once, whoever asks. */
export class LiveRows {
  readonly #samples: Pick<LiveSamples, "last">;
  readonly #rows = new WeakMap<Resource, Row>();

  constructor(samples: Pick<LiveSamples, "last">) {
    this.#samples = samples;
  }

  /** Without measurements: enough to filter and to sort. */
  plain(resource: Resource): Row | undefined {
    const known = this.#rows.get(resource);
    if (known) return known;
    const row = rowOf(resource);
    if (row) this.#rows.set(resource, row);
    return row;
  }

  of(resource: Resource): Row | undefined {
    const row = this.plain(resource);
    if (!row || !MEASURED.has(resource.kind as RowKind)) return row;
    const key = keyOf(refOf(resource));
    const cpu = this.#last(key, "cpu");
    const memory = this.#last(key, "memory");
    if (cpu === undefined && memory === undefined) return row;
    return {
      ...row,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
    };
  }

  #last(key: string, metric: "cpu" | "memory"): number | undefined {
    const value = this.#samples.last(key, metric);
    return Number.isNaN(value) ? undefined : Math.round(value);
  }
}
const MEASURED: ReadonlySet<RowKind> = new Set([
  "GameServer",
  "Container",
  "Service",
  "Fleet",
  "Node",
]);
