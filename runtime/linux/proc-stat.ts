/** What /proc/PID/stat says, as far as it is used. Times are in clock ticks (100 a second on every Linux we run on). */
export interface ProcessStat {
  readonly pid: number;
  /** R, S, D, Z (zombie), X … */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Own time and that of children that were waited for. */
  readonly cpuTicks: number;
  /** Ticks between boot and start (field 22): with the pid it names one process for as long as the machine is up. */
  readonly startTicks: string;
}

export const TICKS_PER_SECOND = 100;

/** The command in brackets may hold blanks and brackets of its own, so fields are counted from the last `)`. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(")");
  const words = text
    .slice(end + 2)
    .trim()
    .split(" ");
  const pid = Number.parseInt(text, 10);
  const startTicks = words[19];
  if (end < 0 || !Number.isSafeInteger(pid) || startTicks === undefined) return undefined;
  const field = (number: number): number => Number(words[number - 3] ?? 0);
  return {
    pid,
    state: words[0] ?? "?",
    parent: field(4),
    group: field(5),
    session: field(6),
    cpuTicks: field(14) + field(15) + field(16) + field(17),
    startTicks,
  };
}

/** A zombie has ended: nobody waited for it yet, but it does nothing any more. */
export function isAlive(stat: ProcessStat | undefined): stat is ProcessStat {
  return stat !== undefined && stat.state !== "Z" && stat.state !== "X";
}
