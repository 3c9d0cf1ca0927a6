import type { Stage } from "./generator/schedule.ts";

export const PROFILES = ["smoke", "load", "spike"] as const;
export type ProfileName = (typeof PROFILES)[number];

/** What a run is asked for. */
export interface Load {
  readonly profile: ProfileName;
  /** Of the profile's arrivals, in per cent: what a machine holds is found by halves and doubles. */
  readonly arrivals: number;
}

/** How players arrive, and how many may be there at once. */
export interface Arriving {
  readonly stages: readonly Stage[];
  /** How long each stays, where it has something to stay for. */
  readonly staySeconds: number;
  /** Who arrives while so many are there is counted as an error of its own. */
  readonly atOnceMax: number;
}

const steady = (seconds: number, perSecond: number): Stage => ({
  ...{ seconds, from: perSecond, to: perSecond },
});
/** A crowd within a few seconds, on top of what comes anyway. */
const spike = (perSecond: number, high: number): readonly Stage[] => [
  steady(15, perSecond),
  { seconds: 2, from: perSecond, to: high },
  steady(8, high),
  { seconds: 2, from: high, to: perSecond },
  steady(18, perSecond),
];
const row = (stages: readonly Stage[], staySeconds: number, atOnceMax: number): Arriving => ({
  ...{ stages, staySeconds, atOnceMax },
});

/** How players arrive in each scenario. */
// biome-ignore format: a table is read by its columns
export const ARRIVING: Readonly<
  Record<"login" | "asset" | "room" | "game" | "allocation" | "journey" | "baseline", Readonly<Record<ProfileName, Arriving>>>
> = {
  login:      { smoke: row([steady(5, 10)], 0, 200),  load: row([steady(60, 300)], 0, 2000), spike: row(spike(100, 800), 0, 4000) },
  asset:      { smoke: row([steady(5, 5)], 0, 200),   load: row([steady(60, 60)], 0, 2000),  spike: row(spike(20, 150), 0, 4000) },
  room:       { smoke: row([steady(5, 5)], 0, 200),   load: row([steady(60, 40)], 0, 2000),  spike: row(spike(15, 100), 0, 4000) },
  game:       { smoke: row([steady(5, 3)], 3, 100),   load: row([steady(90, 20)], 30, 900),  spike: row(spike(5, 40), 15, 900) },
  allocation: { smoke: row([steady(5, 5)], 0.2, 50),  load: row([steady(60, 30)], 0.2, 200), spike: row(spike(10, 60), 0.2, 400) },
  journey:    { smoke: row([steady(8, 2)], 4, 100),   load: row([steady(120, 20)], 30, 900), spike: row(spike(5, 40), 15, 900) },
  baseline:   { smoke: row([steady(4, 2)], 3, 100),   load: row([steady(15, 10)], 10, 400),  spike: row([steady(10, 30)], 10, 600) },
};

/** How players arrive in a scenario, with as many per cent of the profile's arrivals as are asked for. */
export function arrivingOf(name: keyof typeof ARRIVING, { profile, arrivals }: Load): Arriving {
  const { stages, atOnceMax, ...rest } = ARRIVING[name][profile];
  const of = (n: number): number => (n * arrivals) / 100;
  const scaled = stages.map(({ seconds, from, to }) => ({ seconds, from: of(from), to: of(to) }));
  return { ...rest, stages: scaled, atOnceMax: Math.max(1, Math.ceil(of(atOnceMax))) };
}
