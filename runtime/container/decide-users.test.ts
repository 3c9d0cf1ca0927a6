import { describe, expect, it } from "vitest";
import { decideUserBase, type UsersTaken } from "./decide-users.ts";

const FIRST = 0x10_0000;
const EACH = 0x1_0000;

function plan(name: string, volumes: readonly string[], user = 1_000): UsersTaken["plan"] {
  return {
    id: name,
    subject: { kind: "Container", namespace: "default", name, uid: name },
    user,
    volumes: volumes.map((volume) => ({ name: volume, named: { volume } })),
    mounts: volumes.map((volume) => ({ name: volume, mountPath: `/${volume}` })),
  };
}
const decide = (wish: UsersTaken["plan"], ...running: readonly UsersTaken[]): number =>
  decideUserBase(wish, running, new Set(running.map(({ userBase }) => userBase)));

describe("the host's users of a container", () => {
  it("are nobody else's", () => {
    expect(decide(plan("a", []))).toBe(FIRST);
    const one = { plan: plan("a", ["x"]), userBase: FIRST };
    expect(decide(plan("b", []), one)).toBe(FIRST + EACH);
    expect(decide(plan("b", ["y"]), one)).toBe(FIRST + EACH);
    expect(decideUserBase(plan("b", []), [], new Set([FIRST, FIRST + EACH]))).toBe(
      FIRST + 2 * EACH,
    );
  });

  it("are those of who has its volume, in the same namespace", () => {
    const one = { plan: plan("a", ["x"]), userBase: FIRST + 5 * EACH };
    expect(decide(plan("b", ["y", "x"]), one)).toBe(one.userBase);
    const { subject, ...rest } = plan("b", ["x"]);
    expect(decide({ ...rest, subject: { ...subject, namespace: "other" } }, one)).toBe(FIRST);
  });

  it("do not come from a volume that is mounted nowhere", () => {
    const one = { plan: { ...plan("a", ["x"]), mounts: [] }, userBase: FIRST };
    expect(decide(plan("b", ["x"]), one)).toBe(FIRST + EACH);
  });

  it("are refused where its volume is another user's", () => {
    const one = { plan: plan("a", ["x"], 1_000), userBase: FIRST };
    expect(() => decide(plan("b", ["x"], 2_000), one)).toThrow(
      "volume default/x is used by container a as user 1000, not 2000: give both the same runAsUser",
    );
  });

  it("are refused where its volumes are of different ones", () => {
    const a = { plan: plan("a", ["x"]), userBase: FIRST };
    const b = { plan: plan("b", ["y"]), userBase: FIRST + EACH };
    expect(() => decide(plan("c", ["x", "y"]), a, b)).toThrow(
      "volumes default/x and default/y are used by container a and container b, which share none",
    );
  });
});
