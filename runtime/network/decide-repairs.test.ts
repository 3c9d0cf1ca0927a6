import { describe, expect, it } from "vitest";
import { decideRepairs } from "./decide-repairs.ts";
import type { KernelState } from "./kernel-state.ts";
import { kernelNames } from "./names.ts";
import type { NetworkState } from "./network-state.ts";

const NAMES = kernelNames("ab12");
const RED = "a10000000000";
const LEAD = {
  protocol: "udp",
  hostPort: 7000,
  address: "11.11.11.2",
  containerPort: 7654,
} as const;
const WANTED: NetworkState = {
  ipam: {
    networks: {
      "a/n": {
        subnet: "11.11.11.0/24",
        outside: false,
        number: 0,
        addresses: { [RED]: "11.11.11.2" },
        resting: {},
        last: "11.11.11.2",
      },
    },
  },
  services: [],
  ports: { [RED]: [LEAD] },
};
const WHOLE: KernelState = {
  bridges: [{ name: "fltab120", address: "11.11.11.1", prefix: 24, up: true }],
  veths: [{ name: "fvab12a10000000", bridge: "fltab120" }],
  sources: [{ veth: "fvab12a10000000", address: "11.11.11.2" }],
  ports: [LEAD],
  rules: 20,
};
const NOTHING = {
  bridges: [],
  table: false,
  sources: [],
  ports: { add: [], delete: [], flush: [] },
  strays: [],
};
const repairs = (found: Partial<KernelState>) =>
  decideRepairs(WANTED, NAMES, 20, { ...WHOLE, ...found });
const bridge = (veths: readonly string[]) => [
  { key: "a/n", network: WANTED.ipam.networks["a/n"], veths },
];

describe("repairs", () => {
  it.each([
    ["nothing when all is there", {}, {}],
    ["the table when rules are missing", { rules: 3 }, { table: true }],
    [
      "the table with the addresses that are missing",
      { sources: [] },
      { table: true, sources: WHOLE.sources },
    ],
    [
      "a bridge that is down",
      { bridges: [{ name: "fltab120", address: "11.11.11.1", prefix: 24, up: false }] },
      { bridges: bridge([]) },
    ],
    [
      "a bridge with another address",
      { bridges: [{ name: "fltab120", address: "11.11.12.1", prefix: 24, up: true }] },
      { bridges: bridge([]) },
    ],
    [
      "a bridge that is gone, and the veths that have lost it",
      { bridges: [], veths: [{ name: "fvab12a10000000", bridge: "none" }] },
      { bridges: bridge(["fvab12a10000000"]) },
    ],
    [
      "ports that are missing",
      { ports: [] },
      { ports: { add: [LEAD], delete: [], flush: [LEAD] } },
    ],
    ["not a container without a veth: it has ended, its owner will say so", { veths: [] }, {}],
    [
      "veths and addresses of nobody, each once",
      {
        veths: [...WHOLE.veths, { name: "fvab12b20000000", bridge: "fltab120" }],
        sources: [...WHOLE.sources, { veth: "fvab12b20000000", address: "11.11.11.3" }],
      },
      { strays: ["fvab12b20000000"] },
    ],
  ])("%s", (_, found, expected) => {
    expect(repairs(found)).toEqual({ ...NOTHING, ...expected });
  });
});
