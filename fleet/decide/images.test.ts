import { expect, it } from "vitest";
import type { Image } from "../../core/model/image.ts";
import { decideImages } from "./images.ts";

const spec = (digest: string) => ({ reference: "arena:latest", digest, sizeBytes: 1 });
const image = (digest: string, ...nodes: string[]) =>
  ({ spec: spec(digest), status: { nodes } }) as unknown as Image;
const said = (...given: Parameters<typeof decideImages>) =>
  decideImages(...given).map((a) => (a.do === "remove" ? a.do : [a.do, a.spec.digest, ...a.nodes]));

it.each([
  ["makes one that nobody knew", [], [spec("1")], [["create", "1", "a"]]],
  [
    "adds the node to one that others have",
    [image("1", "b")],
    [spec("1")],
    [["update", "1", "a", "b"]],
  ],
  ["changes nothing that is known", [image("1", "a")], [spec("1")], []],
  [
    "follows a new build to where it is",
    [image("1", "a", "b")],
    [spec("2")],
    [["update", "2", "a"]],
  ],
  [
    "takes the node from one that it has no more",
    [image("1", "a", "b")],
    [],
    [["update", "1", "b"]],
  ],
  ["removes one that no node has", [image("1", "a")], [], ["remove"]],
  ["leaves one that it never had", [image("1", "b")], [], []],
] as const)("%s", (_, known, reported, expected) => {
  expect(said(known, "a", reported, true)).toEqual(expected);
});

it("lets a node that must not name images only count where it has the very same", () => {
  const say = (digest: string) => said([image("1", "b")], "a", [spec(digest)], false);
  expect(say("1")).toEqual([["update", "1", "a", "b"]]);
  expect(say("2")).toEqual([]);
  expect(said([], "a", [spec("1")], false)).toEqual([]);
  expect(said([image("1", "a", "b")], "a", [spec("2")], false)).toEqual([["update", "1", "b"]]);
});
