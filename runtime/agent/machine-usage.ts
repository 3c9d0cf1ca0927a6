import { cpus, freemem, loadavg, totalmem } from "node:os";
import type { MachineUsage } from "../../core/model/usage.ts";

/** What this machine itself uses, all that runs on it together. */
export function machineUsage(): MachineUsage {
  const busyMs = cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
  const [load = 0] = loadavg();
  return { cpuMicros: busyMs * 1_000, memoryBytes: totalmem() - freemem(), load };
}
