import { expect, it } from "vitest";
import { laterSteps } from "./later.ts";

it("shows steps of players who began later at the seconds of the run, under their name", () => {
  const record = {
    ...{ count: 2, errors: {}, perSecond: [2], errorsPerSecond: [1], p50Ms: [5], p99Ms: [9] },
  };
  const { "journey: join": join, journey } = laterSteps(
    { join: record, journey: record },
    "journey",
    2,
  );
  expect(join).toEqual(journey);
  expect(join).toEqual({
    ...{ count: 2, errors: {}, perSecond: [0, 0, 2], errorsPerSecond: [0, 0, 1] },
    ...{ p50Ms: [null, null, 5], p99Ms: [null, null, 9] },
  });
});
