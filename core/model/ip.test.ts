import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ipv4ToNumber, isIpv4, isIpv6, parseCidr } from "./ip.ts";

const SOME = [
  "1.2.3.4",
  "0.0.0.0",
  "255.255.255.255",
  "256.1.1.1",
  "01.2.3.4",
  "1.2.3",
  "1.2.3.4.5",
];
const SIX = ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::8:9", ":::", "1::2::3"];
const MORE = [
  "::1.2.3.4",
  "1:2:3:4:5:6:1.2.3.4",
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  "g::",
  ":1",
  "1:",
];

it("knows addresses as the system does", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."0129af:."), maxLength: 16 });
  const any = fc.oneof(fc.ipV4(), fc.ipV6(), letters, fc.constantFrom(...SOME, ...SIX, ...MORE));
  fc.assert(
    fc.property(any, (text) => {
      expect([text, isIpv4(text), isIpv6(text)]).toEqual([text, isIPv4(text), isIPv6(text)]);
    }),
    { numRuns: 3_000 },
  );
});

it("reads a subnet with no bits beyond its prefix", () => {
  expect(ipv4ToNumber("11.11.11.2")).toBe(0x0b0b0b02);
  expect(parseCidr("11.11.11.0/24")).toEqual({ address: 0x0b0b0b00, prefix: 24 });
  for (const wrong of ["11.11.11.1/24", "11.11.11.0", "0.0.0.0/0", "10.0.0.0/31", "10.0.0.0/8/8"])
    expect(parseCidr(wrong)).toBeUndefined();
});
