import { describe, expect, it } from "vitest";
import type { SecondDone, StepDone } from "../../generator/merge.ts";
import { promisesOf } from "../notice.ts";
import {
  type AroundBackend,
  decideBackendAllowed,
  decideBackendNoticed,
} from "./decide-noticed.ts";

const step = (count: number, causes: Record<string, number> = {}, p99Ms = 50): StepDone => ({
  ...{ count, causes, errors: Object.values(causes).reduce((sum, n) => sum + n, 0), p99Ms },
});
const second = (n: number, steps: SecondDone["steps"] = {}): SecondDone => ({
  ...{ second: n, inPlay: 9, steps: { "seat to joined": step(3), ...steps } },
});
const around = (during: SecondDone["steps"], after: SecondDone["steps"] = {}): AroundBackend => ({
  seconds: [second(0, during), second(1, after)],
  until: 1,
});
const missed = (one: AroundBackend, failures?: number): string[] =>
  promisesOf({
    ...{
      atSecond: 1,
      what: "kill",
      lost: decideBackendNoticed(one),
      allowed: decideBackendAllowed(failures),
    },
  })
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);

describe("what players who come and go notice of a fault", () => {
  it("is within what is allowed when all went well, or failed for newcomers before it was back", () => {
    expect(missed(around({}))).toEqual([]);
    const told = around({ "log in": step(0, { "status 503": 2 }) });
    expect(missed(told)).toEqual([]);
    expect(missed(told, 2)).toEqual([]);
    expect(missed(told, 1)).toEqual(["kill: newcomers who failed"]);
    expect(decideBackendNoticed(told)).toMatchObject({
      ...{ "newcomers who failed": 2, "log in: status 503": 2, "newcomers who came in": 6 },
      "newcomers who failed after it was back": 0,
    });
  });

  it.each<[string, AroundBackend, string]>([
    [
      "somebody who plays is cut off",
      around({ reply: step(1, { "the game closed the connection": 1 }) }),
      "kill: players thrown out of the game",
    ],
    [
      "somebody cannot come in although it is back",
      around({}, { join: step(0, { "join refused: Busy": 1 }) }),
      "kill: newcomers who failed after it was back",
    ],
  ])("is too much when %s", (_, wrong, name) => {
    expect(missed(wrong)).toEqual([name]);
  });

  it("tells of clients that asked again, which is no failure, and of the longest way in", () => {
    const again = around({ join: step(3, { "asked for the seat again": 2 }) });
    const slow = { ...again.seconds[0], steps: { "seat to joined": step(1, {}, 4_300) } };
    const seen = decideBackendNoticed({
      ...again,
      seconds: [...again.seconds, slow as SecondDone],
    });
    expect(seen).toMatchObject({
      ...{ "newcomers who failed": 0, "newcomers whose client asked again": 2 },
      "longest way in ms": 4_300,
    });
    expect(seen).not.toHaveProperty("join: asked for the seat again");
  });
});
