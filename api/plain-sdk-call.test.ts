import fc from "fast-check";
import { expect, it } from "vitest";
import { sdkCallsFrom } from "./link-input.ts";
import { isPlainSdkCall } from "./plain-sdk-call.ts";

const SUBJECT = { kind: "GameServer", namespace: "default", name: "a", uid: "u" };

/** Calls with one or two fields replaced by something that may or may not do. */
const anyCall = () => {
  const value = fc.oneof(
    fc.constantFrom<unknown>("ready", "label", "Container", "x".repeat(1_025), "", undefined),
    fc.anything(),
  );
  const field = fc.constantFrom("verb", "id", "subject", "extra", "kind", "name", "uid");
  const changes = fc.array(fc.tuple(field, value), { maxLength: 2 });
  return changes.map((list) => {
    const call: Record<string, unknown> = { verb: "ready", id: "1", subject: { ...SUBJECT } };
    for (const [key, given] of list) {
      if (key in SUBJECT && typeof call.subject === "object" && call.subject)
        call.subject = { ...call.subject, [key]: given };
      else call[key] = given;
    }
    return call;
  });
};

it("finds plain what the link sends all the time, and nothing that the schema refuses", () => {
  for (const verb of ["ready", "allocate", "shutdown"])
    expect(isPlainSdkCall({ subject: SUBJECT, id: "1", verb })).toBe(true);
  let plain = 0;
  fc.assert(
    fc.property(anyCall(), (call) => {
      if (!isPlainSdkCall(call)) return;
      plain += 1;
      expect(sdkCallsFrom({ calls: [call, { ...call, extra: 1 }] })).toHaveLength(2);
    }),
    { numRuns: 2_000 },
  );
  expect(plain).toBeGreaterThan(100);
});

it("leaves everything else to the schema, which names the problem", () => {
  const call = { subject: SUBJECT, id: "1", verb: "ready" };
  const bad = [
    { ...call, id: 7 },
    { ...call, verb: "fly" },
    { ...call, subject: { kind: "Pod" } },
  ];
  for (const one of bad) {
    expect(isPlainSdkCall(one)).toBe(false);
    expect(() => sdkCallsFrom({ calls: [call, one] })).toThrow(/calls\[1\]/);
  }
});
