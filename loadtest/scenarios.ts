import { scaling } from "./scaling/scaling.ts";
import type { Scenario } from "./scenario.ts";
import { allocation } from "./scenarios/allocation.ts";

/** What `npm run loadtest -- NAME` knows. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  allocation,
  scaling,
};
