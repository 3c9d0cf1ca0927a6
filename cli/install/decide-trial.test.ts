import { describe, expect, it } from "vitest";
import { decideTrial, type TrialLook } from "./decide-trial.ts";

const LOOK: TrialLook = {
  record: { version: "1", stage: "ready", cause: "" },
  to: "2",
  isAlive: true,
  isSupervised: true,
  deadMs: 0,
  isHealthy: false,
  isLate: false,
  hasConverted: false,
};
const said = (
  stage: "starting" | "serving" | "ready" | "failed",
  cause = "",
): Partial<TrialLook> => ({
  record: { version: "2", stage, cause },
});

describe("a version that was put in place", () => {
  it.each<[string, Partial<TrialLook>, object]>([
    ["is waited for while the old one's word is the last", {}, { do: "wait" }],
    ["is waited for while it starts", said("starting"), { do: "wait" }],
    ["is waited for while its node is not ready", said("ready"), { do: "wait" }],
    ["is kept when it is ready and well", { ...said("ready"), isHealthy: true }, { do: "keep" }],
    ["is not kept for the old one's health", { isHealthy: true }, { do: "wait" }],
    [
      "is put back when it says why it cannot start",
      said("failed", "no space"),
      { do: "revert", isStateToo: false, because: "flotilla 2 does not start: no space" },
    ],
    [
      "is waited for while its supervisor pauses",
      { isAlive: false, deadMs: 5_000 },
      { do: "wait" },
    ],
    [
      "is put back when nothing starts it again",
      { isAlive: false, deadMs: 11_000 },
      { do: "revert", because: "flotilla 2 ended before it said anything" },
    ],
    [
      "is put back at once when nobody would",
      { ...said("starting"), isAlive: false, isSupervised: false },
      { do: "revert", because: "flotilla 2 ended while it was starting" },
    ],
    [
      "is put back when patience ends",
      { isLate: true },
      { do: "revert", because: "flotilla 2 is not ready in time (nothing heard)" },
    ],
    [
      "is put back when its node is never ready",
      { ...said("ready"), isLate: true },
      { do: "revert", because: "flotilla 2 says that it is ready, but its node is not" },
    ],
    [
      "takes the state back when nobody was served",
      { ...said("starting"), isLate: true, hasConverted: true },
      { do: "revert", isStateToo: true },
    ],
    [
      "is left when something may have been answered on the new state",
      { ...said("serving"), isLate: true, hasConverted: true },
      { do: "leave", because: "flotilla 2 is not ready in time (serving)" },
    ],
  ])("%s", (_, look, step) => {
    expect(decideTrial({ ...LOOK, ...look })).toMatchObject(step);
  });
});
