import type { Machine } from "../bench/machine.ts";

/** One number per second of the run, from its first second on; null where there is nothing to say. */
export type Series = readonly (number | null)[];

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What was seen of one step of the players' way, such as `seat to joined`. */
export interface StepRecord {
  /** How often it was done well. */
  readonly count: number;
  /** How often it failed, by cause. */
  readonly errors: Readonly<Record<string, number>>;
  readonly perSecond: readonly number[];
  readonly errorsPerSecond: readonly number[];
  readonly p50Ms: Series;
  readonly p99Ms: Series;
  /** Of the whole run; undefined where the step was never done well. */
  readonly all?: Percentiles;
}

/** What a fleet did, second by second. */
export interface FleetRecord {
  readonly fleet: string;
  readonly replicas: Series;
  readonly ready: Series;
  readonly allocated: Series;
  readonly desired: Series;
  readonly rooms: Series;
  readonly players: Series;
  readonly reserved?: Series;
  /** Of all its containers together, in percent of one core. */
  readonly cpuPercent?: Series;
  /** What its autoscaler did, and why. */
  readonly events?: readonly FleetEvent[];
}

export interface FleetEvent {
  readonly atSecond: number;
  readonly reason: string;
  readonly message: string;
}

/** A part that was ended on purpose, and what followed. */
export interface FaultRecord {
  readonly atSecond: number;
  readonly what: string;
  /** Until it worked again; undefined when it was not seen to. */
  readonly backAfterMs?: number;
  /** What players noticed within `seconds`: how often, or for how long where the name says so. */
  readonly lost: Readonly<Record<string, number>>;
  readonly seconds?: number;
  /** From the fault until an allocation that was asked for after it was answered. */
  readonly answersAfterMs?: number;
  /** At most so much of what is named; what is not named is only told. */
  readonly allowed?: Readonly<Record<string, number>>;
  /** What has to be known to read it. */
  readonly about?: string;
}

/** Many silent or talking endpoints of one kind. */
export interface SwarmRecord {
  readonly wanted: number;
  readonly open: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly series: Readonly<Record<string, Series>>;
}

/** The same steps against something bare, in turns with the platform, within one run. */
export interface BaselineRecord {
  readonly about: string;
  /** What this is the yardstick of. */
  readonly step: string;
  /** Medians of the turns, in milliseconds. */
  readonly platformP50Ms: number;
  readonly platformP99Ms: number;
  readonly bareP50Ms: number;
  readonly bareP99Ms: number;
  /** platform / bare of the medians. */
  readonly ratioP50: number;
  readonly ratioP99: number;
  readonly turns: number;
}

/** A promise about the run, and whether it was kept. */
export interface ThresholdResult {
  readonly name: string;
  readonly limit: number;
  /** Undefined when nothing of the kind was seen: then it is missed. */
  readonly seen?: number;
  readonly passed: boolean;
}

/** Everything that one run saw; `result.json` of its folder. */
export interface RunResult {
  readonly format: 1;
  /** The scenario. */
  readonly name: string;
  readonly profile: string;
  readonly command: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine & {
    readonly memoryMiB: number;
    /** Of the last minute before the run: what else the machine did. */
    readonly loadBefore: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly steps: Readonly<Record<string, StepRecord>>;
  readonly fleet?: FleetRecord;
  /** When it is about several. */
  readonly fleets?: Readonly<Record<string, FleetRecord>>;
  readonly faults?: readonly FaultRecord[];
  readonly swarms?: Readonly<Record<string, SwarmRecord>>;
  readonly baselines?: Readonly<Record<string, BaselineRecord>>;
  /** Processor use of the machine in percent of one core, and of the generator. */
  readonly cpu?: { readonly machine: Series; readonly generator: Series };
  readonly thresholds: readonly ThresholdResult[];
  readonly notes: readonly string[];
}
