import { describe, expect, it } from "vitest";
import type { FleetRevision, GameServerTemplate } from "../../core/model/fleet.ts";
import { decideRevision } from "./revision.ts";

const templateOf = (image: string) => ({ spec: { image } }) as unknown as GameServerTemplate;
const history = (...images: readonly string[]): FleetRevision[] =>
  images.map((image, i) => ({
    metadata: { name: `r${i + 1}` },
    spec: { revision: i + 1, template: templateOf(image) },
  })) as unknown as FleetRevision[];
const decided = (image: string, kept: number, ...images: readonly string[]) => {
  const { revision, renumber, forget } = decideRevision(
    templateOf(image),
    history(...images),
    kept,
  );
  return [revision, renumber?.spec.revision, forget.map(({ spec }) => spec.revision)];
};

describe("decideRevision", () => {
  it.each([
    ["counts from one", "v1", 10, [], [1, undefined, []]],
    ["counts on for a new template", "v3", 10, ["v1", "v2"], [3, undefined, []]],
    ["changes nothing for the newest", "v2", 10, ["v1", "v2"], [2, undefined, []]],
    ["gives a template that comes back a new number", "v1", 10, ["v1", "v2"], [3, 1, []]],
    ["forgets the oldest beyond what is kept", "v4", 2, ["v1", "v2", "v3"], [4, undefined, [1]]],
    ["keeps the one that comes back", "v1", 1, ["v1", "v2", "v3"], [4, 1, [2]]],
    ["may keep none but the present one", "v2", 0, ["v1"], [2, undefined, [1]]],
  ] as const)("%s", (_, image, kept, images, expected) => {
    expect(decided(image, kept, ...images)).toEqual(expected);
  });
});
