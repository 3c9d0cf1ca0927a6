import type { UsageColumn } from "../../core/model/usage.ts";
import type { LiveSamples } from "./live-samples.ts";
import type { Tracked } from "./sampled-container.ts";

interface Shown {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  /** Undefined where it is not known. */
  readonly of: (container: Tracked) => number | undefined;
}
const grows = (name: string, column: UsageColumn, factor: number, help: string): Shown => ({
  ...{ name: `flotilla_container_${name}_total`, help, type: "counter" },
  of: (container) => scaled(container.counter(column), factor),
});
const stands = (name: string, help: string, of: Shown["of"]): Shown => ({
  ...{ name: `flotilla_container_${name}`, help, type: "gauge", of },
});
const SECONDS = 1e-6;

const SHOWN: readonly Shown[] = [
  grows("cpu_seconds", "cpuMicros", SECONDS, "CPU time."),
  grows(
    "throttled_seconds",
    "throttledMicros",
    SECONDS,
    "Time for which its CPU limit held it up.",
  ),
  stands("memory_bytes", "Memory that the kernel charges it for.", (one) =>
    one.counter("memoryBytes"),
  ),
  stands("memory_limit_bytes", "Its memory limit.", (one) => one.memoryLimit || undefined),
  stands("cpu_limit_cores", "Its CPU limit.", (one) => scaled(one.cpuLimit || undefined, 1e-3)),
  stands("processes", "Processes in it.", (one) => one.counter("pids")),
  grows("network_receive_bytes", "receivedBytes", 1, "Bytes that it received."),
  grows("network_transmit_bytes", "sentBytes", 1, "Bytes that it sent."),
  grows("network_receive_packets", "receivedPackets", 1, "Packets that it received."),
  grows("network_transmit_packets", "sentPackets", 1, "Packets that it sent."),
  grows("disk_read_bytes", "readBytes", 1, "Bytes that it read from disks."),
  grows("disk_written_bytes", "writtenBytes", 1, "Bytes that it wrote to disks."),
  grows(
    "pressure_cpu_seconds",
    "cpuPressureMicros",
    SECONDS,
    "Time in which it waited for a core.",
  ),
  grows(
    "pressure_memory_seconds",
    "memoryPressureMicros",
    SECONDS,
    "Time in which it waited for memory.",
  ),
  grows("pressure_io_seconds", "ioPressureMicros", SECONDS, "Time in which it waited for disks."),
  stands("players", "Players on it.", (one) => known(one.latest("players"))),
  stands("rooms", "Rooms on it.", (one) => known(one.latest("rooms"))),
];

/** Some twenty lines per container: for who asks for them (`/metrics?containers=true`). */
export function containerMetricsText(samples: LiveSamples): string {
  const containers = [...samples.containers()].map((one) => ({ one, labels: labelsOf(one) }));
  return SHOWN.map(({ name, help, type, of }) => {
    const lines = containers.flatMap(({ one, labels }) => {
      const value = of(one);
      return value === undefined ? [] : [`${name}${labels} ${value}\n`];
    });
    return lines.length === 0
      ? ""
      : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
  }).join("");
}

/** All of these are names of resources: nothing in them needs to be escaped. */
function labelsOf({ kind, namespace, name, node, fleet, service }: Tracked): string {
  const pairs = { kind, namespace, name, node, fleet, service };
  const words = Object.entries(pairs).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}="${value}"`],
  );
  return `{${words.join(",")}}`;
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
