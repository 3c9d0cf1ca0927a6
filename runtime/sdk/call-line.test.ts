import { expect, it } from "vitest";
import type { LinkResult, SdkCall } from "../../core/model/link.ts";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { CallLine } from "./call-line.ts";

const SUBJECT = { kind: "GameServer", namespace: "default", name: "a", uid: "u" } as const;
const call = (id: string): SdkCall => ({ subject: SUBJECT, id, verb: "ready" });

const WHOLE: readonly string[] = ["BAD_REQUEST"];

/** Calls made one after the other at a control plane that gives these answers; what it was asked, in order. */
async function madeAt(codes: readonly (string | undefined)[]): Promise<[string[], string[]]> {
  const asked: string[] = [];
  const answers = codes.map((code): LinkResult => {
    return code ? { ok: false, code, message: "not now" } : { ok: true };
  });
  const link = {
    sdk: async ({ id }: SdkCall) => {
      asked.push(id);
      // The whole request was refused, for what the call says.
      if (answers[0]?.ok === false && WHOLE.includes(answers[0].code))
        throw new FleetError("BAD_REQUEST", String(answers.shift()));
      return answers.shift() ?? ({ ok: true } as const);
    },
    get: () => undefined,
    onChange: () => ({ [Symbol.dispose]: () => undefined }),
    connected: () => true,
  };
  using line = new CallLine({
    link,
    clock: systemClock,
    callsMax: 10,
    callWaitMs: 60_000,
    retry: { firstMs: 0, factor: 1, maxMs: 0 },
  });
  const ends = await Promise.allSettled([line.make(call("1")), line.make(call("2"))]);
  return [asked, ends.map(({ status }) => status)];
}

it.each(["UNAVAILABLE", "TIMEOUT", "EXHAUSTED", "STORAGE_FULL"])(
  "a call that is refused with %s alone is made again, before the next one of its game server",
  async (code) => {
    expect(await madeAt([code, code])).toEqual([
      ["1", "1", "1", "2"],
      ["fulfilled", "fulfilled"],
    ]);
  },
);

it.each(["INVALID", "BAD_REQUEST"])(
  "a call that is refused with %s is not made again",
  async (code) => {
    expect(await madeAt([code])).toEqual([
      ["1", "2"],
      ["rejected", "fulfilled"],
    ]);
  },
);
