import { faults } from "./faults/faults.ts";
import { scaling } from "./scaling/scaling.ts";
import type { Scenario } from "./scenario.ts";
import { allocation } from "./scenarios/allocation.ts";
import { sockets } from "./swarm/sockets/sockets-scenario.ts";
import { udp } from "./swarm/udp/udp-scenario.ts";

/** What `npm run loadtest -- NAME` knows. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  allocation,
  scaling,
  faults,
  udp,
  sockets,
};
