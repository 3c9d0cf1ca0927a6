import { describe, expect, it } from "vitest";
import { Targets } from "./targets.ts";

describe("targets of load", () => {
  it.each(["http://127.0.0.1:8700", "http://127.200.3.4", "http://[::1]:8700/x"])(
    "takes %s",
    (url) => {
      expect(() => new Targets([]).check(url)).not.toThrow();
    },
  );

  it.each([
    ["http://192.0.2.7:8700", /--i-may-load 192\.0\.2\.7/],
    ["http://[2001:db8::1]:8700", /--i-may-load 2001:db8::1/],
    ["http://0.0.0.0:8700", /not this machine's loopback/],
    ["http://128.0.0.1", /not this machine's loopback/],
    ["http://localhost:8700", /no IP address/],
    ["http://game.example.com", /no IP address/],
    ["nonsense", /no URL/],
  ])("refuses %s", (url, because) => {
    expect(() => new Targets([]).check(url)).toThrow(because);
  });

  it("takes an address that was allowed in words, and no other", () => {
    const targets = new Targets(["192.0.2.7"]);
    expect(() => targets.checkHost("192.0.2.7")).not.toThrow();
    expect(() => targets.checkHost("192.0.2.8")).toThrow(/192\.0\.2\.8/);
    expect(() => new Targets(["everything"])).toThrow(/everything is no IP address/);
  });
});
