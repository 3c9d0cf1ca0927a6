/** What one player's numbered packets came to, of those that were sent within some seconds. */
export interface FlowSums {
  readonly sent: number;
  readonly answered: number;
  /** Answers to numbers that were answered already. */
  readonly duplicates: number;
  /** Answers that came after one with a higher number (Type-P-Reordered of RFC 4737, section 3.3). */
  readonly reordered: number;
  /** The longest time between two answers that ended, or still went on, within these seconds. */
  readonly silenceMs: number;
  /** Packets that were due and never sent, because this generator was late: then its figures are worth less. */
  readonly skipped: number;
}

export const NO_SUMS: FlowSums = {
  ...{ sent: 0, answered: 0, duplicates: 0, reordered: 0, silenceMs: 0, skipped: 0 },
};
/** How long numbers are remembered, in packets: at 20 a second, most of a minute. */
const REMEMBERED = 1024;
const PER_SECOND_MAX = 255;

/**
 * One player's stream of numbered packets and their echoes. Pure: times are arguments, in milliseconds since the swarm began.
 * Everything but silence is counted in the second in which the packet was sent, so that a loss stands where it happened.
 */
export class Flow {
  /** Answers to nothing that is remembered: their packets count as lost. */
  strays = 0;
  /** Round trips without their differences smoothed away: RFC 3550, section 6.4.1, over round trips instead of transits. */
  jitterMs = 0;
  readonly #sent: Uint8Array;
  readonly #answered: Uint8Array;
  readonly #duplicates: Uint8Array;
  readonly #reordered: Uint8Array;
  readonly #skipped: Uint8Array;
  readonly #silenceMs: Float32Array;
  readonly #isAnswered = new Uint8Array(REMEMBERED);
  #next = 0;
  #nextExpected = 0;
  #heardAt: number;
  #roundTripMs: number | undefined;

  /** `seconds`: how long it goes on at most. Silence is counted from `nowMs` on. */
  constructor(seconds: number, nowMs: number) {
    this.#sent = new Uint8Array(seconds);
    this.#answered = new Uint8Array(seconds);
    this.#duplicates = new Uint8Array(seconds);
    this.#reordered = new Uint8Array(seconds);
    this.#skipped = new Uint8Array(seconds);
    this.#silenceMs = new Float32Array(seconds);
    this.#heardAt = nowMs;
  }

  /** The number of a packet that is sent now; undefined when the time of the flow, or of this second, is used up. */
  send(nowMs: number): number | undefined {
    const second = Math.floor(nowMs / 1000);
    if (second >= this.#sent.length || this.#sent[second] === PER_SECOND_MAX) return undefined;
    this.#add(this.#sent, second);
    const sequence = this.#next++;
    this.#isAnswered[sequence % REMEMBERED] = 0;
    return sequence;
  }

  /** So many packets are not sent any more: they are told of in this second. */
  skip(count: number, nowMs: number): void {
    for (let n = 0; n < Math.min(count, PER_SECOND_MAX); n++)
      this.#add(this.#skipped, Math.floor(nowMs / 1000));
  }

  /** Hears an echo; the round trip in milliseconds when it is the first one to its packet. */
  hear(sequence: number, sentMs: number, nowMs: number): number | undefined {
    if (sequence >= this.#next || sequence < this.#next - REMEMBERED || sequence < 0) {
      this.strays += 1;
      return undefined;
    }
    const second = Math.floor(sentMs / 1000);
    this.#noteSilence(nowMs);
    this.#heardAt = nowMs;
    if (this.#isAnswered[sequence % REMEMBERED] === 1) {
      this.#add(this.#duplicates, second);
      return undefined;
    }
    this.#isAnswered[sequence % REMEMBERED] = 1;
    this.#add(this.#answered, second);
    if (sequence < this.#nextExpected) this.#add(this.#reordered, second);
    else this.#nextExpected = sequence + 1;
    const roundTripMs = nowMs - sentMs;
    // The smoothed mean deviation of RFC 3550: each new difference weighs a sixteenth.
    if (this.#roundTripMs !== undefined)
      this.jitterMs += (Math.abs(roundTripMs - this.#roundTripMs) - this.jitterMs) / 16;
    this.#roundTripMs = roundTripMs;
    return roundTripMs;
  }

  /** The player was somewhere else on purpose: that is no silence. */
  beginAnew(nowMs: number): void {
    this.#heardAt = nowMs;
    this.#roundTripMs = undefined;
  }

  /** Of the seconds from `from` on, up to but not including `to`. */
  sums(from: number, to: number, nowMs: number): FlowSums {
    this.#noteSilence(nowMs);
    const sums = { ...NO_SUMS };
    for (let second = Math.max(0, from); second < Math.min(to, this.#sent.length); second++) {
      sums.sent += this.#sent[second] ?? 0;
      sums.answered += this.#answered[second] ?? 0;
      sums.duplicates += this.#duplicates[second] ?? 0;
      sums.reordered += this.#reordered[second] ?? 0;
      sums.skipped += this.#skipped[second] ?? 0;
      sums.silenceMs = Math.max(sums.silenceMs, this.#silenceMs[second] ?? 0);
    }
    return sums;
  }

  #noteSilence(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const silence = nowMs - this.#heardAt;
    if (silence > (this.#silenceMs[second] ?? Number.POSITIVE_INFINITY))
      this.#silenceMs[second] = silence;
  }

  #add(counts: Uint8Array, second: number): void {
    const count = counts[second];
    if (count !== undefined && count < PER_SECOND_MAX) counts[second] = count + 1;
  }
}
