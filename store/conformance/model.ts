import fc from "fast-check";
import { expect } from "vitest";
import type { Network } from "../../core/model/network.ts";
import { mergePatch } from "../../core/std/json.ts";
import type { Write } from "../resource-store.ts";
import { CONFORMANCE_OPTIONS, network, ref, type StoreHarness } from "./harness.ts";

export type AnyStep =
  | { readonly do: "put"; readonly name: string; readonly subnet: string }
  | { readonly do: "patch"; readonly name: string; readonly patch: object }
  | { readonly do: "delete"; readonly name: string }
  | { readonly do: "wait" }
  | { readonly do: "restart" };

export function anyStep(): fc.Arbitrary<AnyStep> {
  const name = fc.constantFrom("a", "b", "c", 'q"\\\n', "ü/日\u2028");
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }));
  const value = fc.oneof(text, fc.constant(null), fc.dictionary(text.filter(isPlain), text));
  const patch = fc
    .record({ metadata: fc.record({ labels: fc.dictionary(text.filter(isPlain), value) }) })
    .filter((one) => JSON.stringify(one).length <= PATCH_CHARS_MAX);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("put" as const), name, subnet: text }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("patch" as const), name, patch }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), name }) },
    { weight: 2, arbitrary: fc.constant({ do: "wait" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
  );
}

/** With its head it is less than the smallest `groupCharsMax` of a test, over which a commit is refused. */
const PATCH_CHARS_MAX = 1_200;

/** A key that JSON and an object literal read alike. */
function isPlain(key: string): boolean {
  return key !== "__proto__";
}

function writeOf(step: AnyStep, before: Network | undefined): Write | undefined {
  if (step.do === "put") {
    const object = network(step.name, step.subnet);
    if (!before) return { op: "create", object };
    return { op: "update", object, expected: before.metadata.resourceVersion };
  }
  if (!before) return undefined;
  if (step.do === "delete") return { op: "delete", ref: ref(step.name) };
  if (step.do !== "patch") return undefined;
  const object = mergePatch(before, step.patch);
  const expected = before.metadata.resourceVersion;
  return { op: "update", object, expected, delta: step.patch };
}

export async function sameAsMap(
  makeHarness: () => Promise<StoreHarness>,
  steps: readonly AnyStep[],
): Promise<void> {
  await using harness = await makeHarness();
  const model = new Map<string, Network>();
  let store = await harness.open(CONFORMANCE_OPTIONS);
  let revision = 0;
  const compare = (): void => {
    const found = store.list("Network").map((n) => [n.metadata.name, n] as const);
    expect(JSON.parse(JSON.stringify(Object.fromEntries(found)))).toEqual(
      JSON.parse(JSON.stringify(Object.fromEntries(model))),
    );
    expect(store.revision).toBe(revision);
  };
  for (const step of steps) {
    if (step.do === "restart") {
      await store[Symbol.asyncDispose]();
      store = await harness.open(CONFORMANCE_OPTIONS);
    } else if (step.do === "wait") {
      await store.settled();
    } else {
      const write = writeOf(step, model.get(step.name));
      if (!write) continue;
      const kept = store.commit([write]);
      revision += 1;
      if (write.op === "delete") model.delete(step.name);
      else {
        const { metadata } = write.object;
        const object = {
          ...write.object,
          metadata: { ...metadata, resourceVersion: `${revision}` },
        };
        model.set(step.name, object as Network);
      }
      kept.catch(() => undefined);
    }
    compare();
  }
  await store[Symbol.asyncDispose]();
  store = await harness.open(CONFORMANCE_OPTIONS);
  compare();
  await store[Symbol.asyncDispose]();
}
