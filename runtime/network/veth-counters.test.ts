import { expect, it } from "vitest";
import { FakeLinux } from "../linux/fake-linux.ts";
import { kernelNames } from "./names.ts";
import { VethCounters } from "./veth-counters.ts";

const DEVICES = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 26632620658 35435334    0    0    0     0          0         0 26632620658 35435334    0    0    0     0       0          0
fvab12c0ffee012: 1000      10    0    1    0     0          0         3 2000      20    0    0    0     0       0          0
fvcd34c0ffee012: 7      7    0    1    0     0          0         3 7      7    0    0    0     0       0          0
fltab121:      70      7    0    0    0     0          0         0       70      7    0    0    0     0       0          0
`;

it("turns the machine's end of each pair into what the container received and sent", () => {
  const linux = new FakeLinux({ "/proc/net/dev": DEVICES });
  const counters = new VethCounters({ linux, names: kernelNames("ab12") });
  expect([...counters.read(["c0ffee012abc", "000000000000"])]).toEqual([
    [
      "c0ffee012abc",
      { receivedBytes: 2_000, sentBytes: 1_000, receivedPackets: 20, sentPackets: 10 },
    ],
  ]);
  expect(counters.read([]).size).toBe(0);
});

it("knows nothing where the kernel has no such list", () => {
  const counters = new VethCounters({ linux: new FakeLinux({}), names: kernelNames("ab12") });
  expect(counters.read(["c0ffee012abc"]).size).toBe(0);
});
