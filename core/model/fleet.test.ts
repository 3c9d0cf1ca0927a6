import { describe, expect, it } from "vitest";
import { made } from "./admit-inputs.ts";
import { type Fleet, sessionLimitsOf } from "./fleet.ts";

const fleetOf = (annotations: object, spec: object): Fleet =>
  made("Fleet", { metadata: { annotations }, spec });
const DRAIN = "flotilla.dev/drain-seconds";
const AGE = "flotilla.dev/max-session-age-seconds";

describe("the deadlines of a fleet's sessions", () => {
  it.each([
    ["are none by themselves", {}, {}, {}],
    [
      "are fields",
      {},
      { drainSeconds: 0, maxSessionAgeSeconds: 9 },
      { drainSeconds: 0, maxSessionAgeSeconds: 9 },
    ],
    [
      "are annotations in a manifest that Agones takes, too",
      { [DRAIN]: "60", [AGE]: "7" },
      {},
      { drainSeconds: 60, maxSessionAgeSeconds: 7 },
    ],
    [
      "may be said in both ways, alike",
      { [DRAIN]: "60" },
      { drainSeconds: 60 },
      { drainSeconds: 60 },
    ],
  ])("%s", (_, annotations, spec, expected) => {
    expect(sessionLimitsOf(fleetOf(annotations, spec))).toEqual(expected);
  });

  it("are the grace period of a deletion, once there is one", () => {
    const fleet = fleetOf({ [DRAIN]: "60" }, {});
    const metadata = { ...fleet.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    expect(sessionLimitsOf({ ...fleet, metadata }).drainSeconds).toBe(60);
    const asked = { ...metadata, deletionGracePeriodSeconds: 5 };
    expect(sessionLimitsOf({ ...fleet, metadata: asked }).drainSeconds).toBe(5);
  });

  it("leave a plain fleet as Agones has it: none of our fields is filled in", () => {
    const { spec } = made("Fleet");
    const ours = ["paused", "drainSeconds", "maxSessionAgeSeconds", "revisionHistoryLimit"];
    expect(ours.filter((name) => name in spec)).toEqual([]);
  });
});
