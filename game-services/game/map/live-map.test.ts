import { beforeEach, describe, expect, it } from "vitest";
import { LiveMap } from "./live-map.ts";
import type { MapDocument, PlacedObject } from "./map-document.ts";
import { mapOf } from "./map-document.ts";
import { MapState } from "./map-state.ts";

const object = (object_id: string): PlacedObject => {
  return { object_id, asset_id: "a", x: 1, y: 1, rotation: 0, layer: 0, solid: true };
};
const document = (version: number, ...ids: readonly string[]): MapDocument => {
  const objects = ids.map(object);
  const tiles = ["..", ".."];
  return {
    map_id: "m",
    creator: "ann",
    members: [],
    access: "public",
    published: true,
    name: "",
    width: 2,
    height: 2,
    tiles,
    objects,
    version,
  };
};
let state: MapState;
let map: LiveMap;
let grounds: number;
beforeEach(() => {
  state = new MapState();
  grounds = 0;
  map = new LiveMap(document(4, "a"), state, () => {
    grounds += 1;
  });
});
/** What everybody sees, and with which version it is asked for next. */
const seen = (): string => `${[...state.objects.keys()].sort().join()} ${map.document.version}`;

describe("a map that is played on", () => {
  it("follows what was read, never back", () => {
    map.take(document(6, "a", "b"));
    map.take(document(5, "a"));
    expect(seen()).toBe("a,b 6");
    map.take(document(7));
    expect(seen()).toBe(" 7");
    expect(grounds).toBe(2);
  });

  it("shows what was saved at once, and its version when nothing lies between", () => {
    map.placed(object("b"), 5);
    expect(seen()).toBe("a,b 5");
    map.removed("a", 6);
    expect(seen()).toBe("b 6");
  });

  it("asks with the old version when others have edited, too, and loses nothing meanwhile", () => {
    map.placed(object("c"), 6);
    expect(seen()).toBe("a,c 4");
    map.take(document(5, "a", "b"));
    expect(seen()).toBe("a,c 4");
    map.take(document(6, "a", "b", "c"));
    expect(seen()).toBe("a,b,c 6");
  });

  it("knows what it has read already", () => {
    map.take(document(6, "a", "b"));
    map.placed(object("b"), 6);
    map.removed("b", 5);
    expect(seen()).toBe("a,b 6");
  });
});

describe("an answer of the room service", () => {
  const good = document(1, "a");
  it("is a map when it has the form of one", () => {
    expect(mapOf({ ...good, more: 1 })).toMatchObject(good);
    expect(mapOf({ ...good, members: undefined }).members).toEqual([]);
  });

  it.each<[string, object]>([
    ["a row is too short", { tiles: ["..", "."] }],
    ["a row is missing", { tiles: [".."] }],
    ["a side is no number", { width: "2" }],
    ["it is larger than anything", { width: 1e9 }],
    ["an object is nowhere", { objects: [{ ...object("a"), x: null }] }],
    ["it has no version", { version: undefined }],
  ])("is none when %s", (_, changes) => {
    expect(() => mapOf({ ...good, ...changes })).toThrow("form");
  });
});
