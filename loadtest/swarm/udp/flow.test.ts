import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideDue, paceOf } from "./decide-due.ts";
import { Flow } from "./flow.ts";

const SECONDS = 60;

/** What is planted into the way of one packet. */
const anyFate = fc.record({
  isLost: fc.boolean(),
  isTwice: fc.boolean(),
  delayMs: fc.integer({ min: 0, max: 400 }),
});

describe("the numbers of one player's packets", () => {
  it("counts every planted loss, duplicate and reordering exactly, in the second of the sending", () => {
    const fates = fc.array(anyFate, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fates, (all) => {
        const flow = new Flow(SECONDS, 0);
        const arrivals = all.flatMap(({ isLost, isTwice, delayMs }, i) => {
          const sentMs = i * 50;
          const sequence = flow.send(sentMs);
          expect(sequence).toBe(i);
          const one = { sequence: i, sentMs, at: sentMs + delayMs };
          return isLost ? [] : isTwice ? [one, { ...one, at: one.at + 1 }] : [one];
        });
        arrivals.sort((a, b) => a.at - b.at || a.sequence - b.sequence);
        for (const { sequence, sentMs, at } of arrivals) flow.hear(sequence, sentMs, at);

        // Counted apart from the flow: the first copy of each packet, against the highest number before it.
        const firsts = arrivals.filter(
          (one, i) => arrivals.findIndex(({ sequence }) => sequence === one.sequence) === i,
        );
        const late = firsts.filter((one, i) =>
          firsts.slice(0, i).some(({ sequence }) => sequence > one.sequence),
        );
        const now = all.length * 50 + 1_000;
        expect(flow.sums(0, SECONDS, now)).toMatchObject({
          sent: all.length,
          answered: all.filter(({ isLost }) => !isLost).length,
          duplicates: all.filter(({ isLost, isTwice }) => !isLost && isTwice).length,
          reordered: late.length,
        });
        for (let second = 0; second < 10; second++) {
          const sent = all.filter((_, i) => Math.floor((i * 50) / 1000) === second);
          expect(flow.sums(second, second + 1, now)).toMatchObject({
            sent: sent.length,
            answered: sent.filter(({ isLost }) => !isLost).length,
          });
        }
        expect(flow.strays).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("is steady where round trips are, and follows RFC 3550 where they are not", () => {
    const hear = (roundTrips: readonly number[]): number => {
      const flow = new Flow(SECONDS, 0);
      roundTrips.forEach((ms, i) => {
        flow.send(i * 50);
        flow.hear(i, i * 50, i * 50 + ms);
      });
      return flow.jitterMs;
    };
    expect(hear([7, 7, 7, 7])).toBe(0);
    // 16 ms apart once: a sixteenth of it; then it fades by a sixteenth each time.
    expect(hear([4, 20])).toBe(1);
    expect(hear([4, 20, 20])).toBeCloseTo(15 / 16);
  });

  it("tells the longest silence of some seconds, also one that goes on", () => {
    const flow = new Flow(SECONDS, 0);
    const answered = (at: number): void => {
      const sequence = flow.send(at) ?? 0;
      flow.hear(sequence, at, at + 1);
    };
    for (let at = 0; at < 3_000; at += 50) answered(at);
    for (let at = 5_000; at < 6_000; at += 50) answered(at);
    expect(flow.sums(0, 3, 6_000).silenceMs).toBe(50);
    expect(flow.sums(3, 6, 6_000).silenceMs).toBe(2_050);
    expect(flow.sums(6, 10, 9_000).silenceMs).toBe(9_000 - 5_951);
    flow.beginAnew(9_500);
    expect(flow.sums(9, 10, 9_600).silenceMs).toBe(9_000 - 5_951);
  });

  it("takes no echo for an answer that it cannot know: numbers of the future, and of long ago", () => {
    const flow = new Flow(600, 0);
    for (let i = 0; i < 3_000; i++) flow.send(i * 50);
    flow.hear(3_000, 150_000, 150_001);
    flow.hear(1_000, 50_000, 150_001);
    expect(flow.strays).toBe(2);
    expect(flow.sums(0, 600, 150_001)).toMatchObject({ sent: 3_000, answered: 0 });
  });
});

describe("the pace", () => {
  it("never drifts: so many packets are due as the rate says, however late one looks", () => {
    const anyLooks = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(anyLooks, fc.nat(999), fc.constantFrom(1, 20, 60), (looks, index, hz) => {
        const pace = paceOf(index, 1_000, hz);
        let taken = 0;
        for (const at of looks.toSorted((a, b) => a - b))
          taken = Math.max(taken, decideDue(pace, at));
        const last = Math.max(...looks);
        expect(Math.abs(taken - (last * hz) / 1000)).toBeLessThanOrEqual(1.001);
      }),
    );
  });

  it("spreads players over the time between two packets", () => {
    const offsets = [0, 1, 2, 3].map((index) => paceOf(index, 4, 20).offsetMs);
    expect(offsets).toEqual([0, 12.5, 25, 37.5]);
  });
});
