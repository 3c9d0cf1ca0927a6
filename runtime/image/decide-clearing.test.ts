import { expect, it } from "vitest";
import { type ClearingFacts, decideClearing, keyOf, type StoredFile } from "./decide-clearing.ts";
import { LAYER_TYPE, MANIFEST_TYPE } from "./oci.ts";

const hex = (letter: string): string => letter.repeat(64);
const digest = (letter: string): string => `sha256:${hex(letter)}`;
const blob = (letter: string): StoredFile => ({ kind: "blob", name: hex(letter) });
const layer = (letter: string, ending = ""): StoredFile => ({
  kind: "layer",
  name: `${hex(letter)}${ending}`,
});
const part = (letter: string) => ({ mediaType: LAYER_TYPE, digest: digest(letter), size: 1 });
const HOUR = 3_600_000;

/** An image `a`: config `b`, one layer `c` that unpacks to what hashes to `d`. */
const image = {
  digest: digest("a"),
  files: {
    manifest: {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: part("b"),
      layers: [part("c")],
    },
    diffIds: [digest("d")],
  },
} as const;
const ofImage = [blob("a"), blob("b"), blob("c"), layer("d"), layer("d", ".plain")];
const old = [blob("e"), layer("f")];
const longAgo = (files: readonly StoredFile[]): Record<string, number> =>
  Object.fromEntries(files.map((file) => [keyOf(file), 0]));

const decide = (facts: Partial<ClearingFacts>) => {
  const files = [...ofImage, ...old];
  const all = { images: [image], containers: [], files, unusedSince: longAgo(files) };
  const { go, unusedSince } = decideClearing({ ...all, now: HOUR, afterMs: HOUR, ...facts });
  return { go: go.map(({ file }) => file), unusedSince };
};

it("lets go what no named image has and no container was made of, and says why", () => {
  expect(decide({}).go).toEqual(old);
  const facts = { images: [], containers: [], files: old, unusedSince: longAgo(old) };
  const { go } = decideClearing({ ...facts, now: HOUR, afterMs: HOUR });
  expect(go.map(({ because }) => because)).toEqual(["ImageUnused", "ImageUnused"]);
});

it("lets everything go when nothing is named and nothing runs", () => {
  expect(decide({ images: [] }).go).toEqual([...ofImage, ...old]);
});

it("keeps the layers of a container whose image has lost name and manifest", () => {
  const containers = [{ digest: digest("e"), layers: [hex("f")] }];
  expect(decide({ containers, images: [image, { digest: digest("e") }] }).go).toEqual([]);
});

it("lets nothing go while a container does not say what it was made of", () => {
  const { go, unusedSince } = decide({ containers: [undefined] });
  expect(go).toEqual([]);
  expect(Object.keys(unusedSince)).toEqual(old.map(keyOf));
});

it("counts from the first time that a file was found unused, and anew after it was needed", () => {
  const first = decide({ now: HOUR, unusedSince: {} });
  expect(first.go).toEqual([]);
  expect(decide({ now: 2 * HOUR - 1, unusedSince: first.unusedSince }).go).toEqual([]);
  expect(decide({ now: 2 * HOUR, unusedSince: first.unusedSince })).toEqual({
    go: old,
    unusedSince: {},
  });
  const containers = [{ digest: digest("e"), layers: [hex("f")] }];
  const images = [image, { digest: digest("e") }];
  const needed = decide({ now: HOUR, images, containers, unusedSince: first.unusedSince });
  expect(needed.unusedSince).toEqual({});
  expect(decide({ now: 2 * HOUR, unusedSince: needed.unusedSince }).go).toEqual([]);
});

it("counts from now when the clock was set back", () => {
  const unusedSince = Object.fromEntries(old.map((file) => [keyOf(file), 100 * HOUR]));
  const back = decide({ now: HOUR, unusedSince });
  expect(back.go).toEqual([]);
  expect(decide({ now: 2 * HOUR, unusedSince: back.unusedSince }).go).toEqual(old);
});
