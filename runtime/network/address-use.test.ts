import { expect, it } from "vitest";
import { addressUseOf } from "./address-use.ts";
import { EMPTY_IPAM, freeAddress, takeAddress, takeSubnet } from "./ipam.ts";

const key = "default/small";
const limits = { pool: "10.1.0.0/16", prefix: 22, hostRoutes: [], networksMax: 9 };
const rest = { now: 0, restMs: 10_000 };

it("tells how full a network is, in steps of five, addresses that rest included", () => {
  let state = takeSubnet(EMPTY_IPAM, { key, subnet: "10.1.0.0/29", outside: false }, limits);
  const percents = [addressUseOf(state, rest)[0]?.usedPercent];
  for (const containerId of ["a", "b", "c", "d", "e"]) {
    state = takeAddress(state, { key, containerId }, rest);
    percents.push(addressUseOf(state, rest)[0]?.usedPercent);
  }
  expect(percents).toEqual([0, 20, 40, 60, 80, 100]);
  const freed = freeAddress(state, "a", rest);
  const one = { network: key, subnet: "10.1.0.0/29", addresses: 5 };
  expect(addressUseOf(freed, rest)).toEqual([{ ...one, usedPercent: 100 }]);
  expect(addressUseOf(freed, { ...rest, now: 10_000 })).toEqual([{ ...one, usedPercent: 80 }]);
});
