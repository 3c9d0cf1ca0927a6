/** A part of a run: so many arrivals a second at its beginning and at its end, in a straight line between. */
export interface Stage {
  readonly seconds: number;
  readonly from: number;
  readonly to: number;
}

/** One of several generators that share the arrivals among them: the first of three is `{index: 0, of: 3}`. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/** How long the stages take together, in seconds. */
export function secondsOf(stages: readonly Stage[]): number {
  return stages.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The most arrivals in a second that the stages ask for. */
export function peakOf(stages: readonly Stage[]): number {
  return stages.reduce((peak, { from, to }) => Math.max(peak, from, to), 0);
}

/**
 * When players arrive, in milliseconds from the start, in order; of all of them, those of one share. It is known before the
 * run begins: a slow answer delays nobody.
 */
export function* arrivalsMs(stages: readonly Stage[], { index, of }: Share): Generator<number> {
  let start = 0;
  let before = 0;
  let n = 0;
  for (const stage of stages) {
    const inStage = ((stage.from + stage.to) / 2) * stage.seconds;
    // The nth of all comes when n have been due before.
    for (; n < before + inStage - 1e-9; n++)
      if (n % of === index) yield 1000 * (start + secondsUntil(stage, n - before));
    start += stage.seconds;
    before += inStage;
  }
}

/** When `count` arrivals of a stage are due: the area under the line of its rate. */
function secondsUntil({ seconds, from, to }: Stage, count: number): number {
  const slope = (to - from) / seconds;
  if (slope === 0) return count / from;
  return (-from + Math.sqrt(Math.max(0, from * from + 2 * slope * count))) / slope;
}
