import { describe, expect, it } from "vitest";
import { demandSecretWrites } from "./secret-writes.ts";
import type { Principal } from "./tokens.ts";

const by = (scope: "admin" | "operator"): Principal => ({ kind: "user", scope, name: "ann" });
const volumes = [{ name: "key", secret: { secretName: "login.keys" } }];
const container = (more: object) => ({ spec: { image: "a", ...more } });
const fleet = (replicas: number, command: string, shown: unknown = volumes) => ({
  spec: {
    replicas,
    template: { spec: { template: { spec: { containers: [{ command }], volumes: shown } } } },
  },
});

describe("a write of what shows secrets", () => {
  it.each([
    ["a container that shows one", undefined, container({ volumes }), false],
    ["another volume that shows one", container({}), container({ volumes }), false],
    ["another command beside it", fleet(1, "run"), fleet(1, "cat /key"), false],
    [
      "another secret",
      fleet(1, "run"),
      fleet(1, "run", [{ name: "key", secret: { secretName: "x" } }]),
      false,
    ],
    ["fewer replicas of it", fleet(3, "run"), fleet(1, "run"), true],
    [
      "its stop",
      container({ volumes, running: true }),
      container({ volumes, running: false }),
      true,
    ],
    ["its end of showing", fleet(1, "run"), fleet(1, "cat /key", []), true],
    [
      "a container without any",
      undefined,
      container({ volumes: [{ name: "a", named: {} }] }),
      true,
    ],
  ])("is %s", (_, before, after, isFine) => {
    const write = (principal: Principal | undefined) => () =>
      demandSecretWrites(principal, before, after);
    expect(write(by("admin"))).not.toThrow();
    if (isFine) expect(write(by("operator"))).not.toThrow();
    else expect(write(by("operator"))).toThrow("only an admin");
  });
});
