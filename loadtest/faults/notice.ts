import type { FaultRecord, ThresholdResult } from "../report/run-result.ts";
import type { Drop } from "../swarm/seated/seated-players.ts";
import type { PlayerSums } from "../swarm/udp/udp-players.ts";

/** What was counted around one fault. */
export interface Around {
  readonly drops: readonly Drop[];
  readonly udp: readonly PlayerSums[];
  /** The game server that was struck. */
  readonly gameServer: string | undefined;
  /** Players who were on it. */
  readonly struck: ReadonlySet<number>;
  readonly seatsLost: number;
  readonly givenTwice: number;
  /** Tries that failed, by what they were for and why. */
  readonly failures: Readonly<Record<string, number>>;
}
export type Noticed = FaultRecord["lost"];

/** Packets that a busy machine loses by itself, in parts of those that were sent. */
const NOISE = 0.01;
/** A generator that was too late for more than this had no processor, and neither had the games: then loss says nothing. */
const LATE_MAX = 0.01;

/** What players noticed of a fault, as counts with names. Pure. */
export function decideNoticed(around: Around): Noticed {
  const { drops, udp, struck, gameServer, seatsLost, givenTwice, failures } = around;
  const isOther = ({ id }: { readonly id: number }): boolean => !struck.has(id);
  const others = udp.filter(isOther);
  const own = udp.filter((one) => !isOther(one));
  const longest = (some: readonly PlayerSums[]): number =>
    Math.round(Math.max(0, ...some.map(({ silenceMs }) => silenceMs)));
  return {
    "players dropped": drops.filter(isOther).length,
    "seats lost": seatsLost,
    "given twice": givenTwice,
    "UDP packets lost": lostOf(others),
    "longest silence ms": longest(others),
    "UDP packets that the generator skipped": udp.reduce((sum, one) => sum + one.skipped, 0),
    ...(gameServer === undefined
      ? {}
      : {
          "its own players dropped": drops.filter((one) => !isOther(one)).length,
          "UDP packets of its own players lost": lostOf(own),
          "longest silence of its own players ms": longest(own),
        }),
    ...Object.fromEntries(
      Object.entries(failures).map(([what, count]) => [`failed tries to ${what}`, count]),
    ),
  };
}

/** What a fault may cost: nothing of what players have, but for the players of a game server that was killed. Pure. */
export function decideAllowed(around: Around): Noticed {
  const others = around.udp.filter(({ id }) => !around.struck.has(id));
  const sent = others.reduce((sum, one) => sum + one.sent, 0);
  return {
    "players dropped": 0,
    "seats lost": 0,
    "given twice": 0,
    ...(wasStarved(around) ? {} : { "UDP packets lost": Math.ceil(sent * NOISE) }),
  };
}

/** The generator itself did not get the processor that it needs: what was lost is then the machine's doing. Pure. */
export function wasStarved({ udp }: Pick<Around, "udp">): boolean {
  const sent = udp.reduce((sum, one) => sum + one.sent, 0);
  const skipped = udp.reduce((sum, one) => sum + one.skipped, 0);
  return skipped > (sent + skipped) * LATE_MAX;
}

/** Each thing that is allowed to a fault as a promise of the run. */
export function promisesOf({ what, lost, allowed = {} }: FaultRecord): ThresholdResult[] {
  return Object.entries(allowed).map(([name, limit]) => {
    const seen = lost[name] ?? 0;
    return { name: `${what}: ${name}`, limit, seen, passed: seen <= limit };
  });
}

function lostOf(some: readonly PlayerSums[]): number {
  return some.reduce((sum, { sent, answered }) => sum + sent - answered, 0);
}
