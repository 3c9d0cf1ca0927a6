import { describe, expect, it } from "vitest";
import { decideAdvertiseAddress, defaultInterfaceOf, isLoopback } from "./advertise-address.ts";

const HOST = {
  byInterface: { eth0: ["192.168.1.5"], ppp0: ["203.0.113.9"] },
  defaultInterface: "eth0",
};

describe("the address that players are told", () => {
  it.each([
    [
      "is the one that was set",
      "198.51.100.1",
      HOST,
      "198.51.100.1",
      "as set; reachable from wherever it is routed",
    ],
    [
      "is that of the way out",
      "auto",
      HOST,
      "192.168.1.5",
      "of eth0, the way out of this machine; a private address",
    ],
    [
      "says so when it is public",
      "auto",
      { ...HOST, defaultInterface: "ppp0" },
      "203.0.113.9",
      "reachable from wherever",
    ],
    [
      "is loopback without a way out",
      "auto",
      { byInterface: {}, defaultInterface: undefined },
      "127.0.0.1",
      "no way out",
    ],
    [
      "says that loopback is for this machine only",
      "127.0.0.1",
      HOST,
      "127.0.0.1",
      "only this machine reaches it",
    ],
  ])("%s", (_, wanted, host, address, because) => {
    const decided = decideAdvertiseAddress(wanted, host);
    expect(decided.address).toBe(address);
    expect(decided.because).toContain(because);
  });

  it("finds the default route with the lowest metric", () => {
    const row = (name: string, destination: string, metric: number, mask: string): string =>
      [name, destination, "0101A8C0", "0003", "0", "0", metric, mask, "0", "0", "0"].join("\t");
    const table = [
      "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT",
      row("eth1", "0000A8C0", 0, "0000FFFF"),
      row("wlan0", "00000000", 600, "00000000"),
      row("eth0", "00000000", 100, "00000000"),
    ];
    expect(defaultInterfaceOf(table.join("\n"))).toBe("eth0");
    expect(defaultInterfaceOf(table.slice(0, 2).join("\n"))).toBeUndefined();
  });

  it("knows loopback by its name and by its range", () => {
    expect(["localhost", "127.8.0.1", "::1"].map(isLoopback)).toEqual([true, true, true]);
    expect(["10.0.0.1", "128.0.0.1"].map(isLoopback)).toEqual([false, false]);
  });
});
