import { Gauge } from "prom-client";
import type { FleetAutoscaler } from "../core/model/fleet-autoscaler.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { Metrics } from "./metrics.ts";

const LABELS = ["name", "fleet_name", "namespace"] as const;
type Label = (typeof LABELS)[number];

/** What each is asked at a scrape, by Agones' names. */
const PLAIN: readonly {
  readonly name: string;
  readonly help: string;
  readonly of: (autoscaler: FleetAutoscaler) => number;
}[] = [
  {
    name: "agones_fleet_autoscalers_current_replicas_count",
    help: "Replicas of the fleet as the autoscaler saw them last.",
    of: ({ status }) => status.currentReplicas,
  },
  {
    name: "agones_fleet_autoscalers_desired_replicas_count",
    help: "Replicas that the autoscaler wants.",
    of: ({ status }) => status.desiredReplicas,
  },
  {
    name: "agones_fleet_autoscalers_able_to_scale",
    help: "1 when the autoscaler could scale its fleet.",
    of: ({ status }) => Number(status.ableToScale),
  },
  {
    name: "agones_fleet_autoscalers_limited",
    help: "1 when a bound changed what the policy asks for.",
    of: ({ status }) => Number(status.scalingLimited),
  },
];

/** Gauges of the autoscalers, read from the store at each scrape. */
export function showAutoscalers(
  store: ResourceStore,
  { registry }: Pick<Metrics, "registry">,
): void {
  const registers = [registry];
  for (const { name, help, of } of PLAIN)
    new Gauge({
      ...{ name, help, registers, labelNames: LABELS },
      collect() {
        this.reset();
        for (const one of store.list("FleetAutoscaler")) this.set(labelsOf(one), of(one));
      },
    });
  new Gauge({
    name: "agones_fleet_autoscalers_buffer_limits",
    help: "Bounds of autoscalers with a Buffer policy.",
    ...{ registers, labelNames: [...LABELS, "type"] },
    collect() {
      this.reset();
      for (const one of store.list("FleetAutoscaler")) {
        const { policy } = one.spec;
        if (policy.type !== "Buffer") continue;
        this.set({ ...labelsOf(one), type: "min" }, policy.buffer.minReplicas);
        this.set({ ...labelsOf(one), type: "max" }, policy.buffer.maxReplicas);
      }
    },
  });
  new Gauge({
    name: "agones_fleet_autoscalers_buffer_size",
    help: "Buffer of autoscalers with a Buffer policy, as a count or a percentage.",
    ...{ registers, labelNames: [...LABELS, "type"] },
    collect() {
      this.reset();
      for (const one of store.list("FleetAutoscaler")) {
        const { policy } = one.spec;
        if (policy.type !== "Buffer") continue;
        const { bufferSize } = policy.buffer;
        const type = typeof bufferSize === "number" ? "count" : "percentage";
        this.set({ ...labelsOf(one), type }, Number.parseInt(String(bufferSize), 10));
      }
    },
  });
}

function labelsOf({ metadata, spec }: FleetAutoscaler): Record<Label, string> {
  return { name: metadata.name, fleet_name: spec.fleetName, namespace: metadata.namespace };
}
