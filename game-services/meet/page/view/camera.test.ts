import { describe, expect, it } from "vitest";
import { cameraAt, fittingScale, seenTiles, toMap, toScreen } from "./camera.ts";

const MAP = { width: 40, height: 30 };
const VIEW = { width: 400, height: 200 };

describe("the camera", () => {
  it.each([
    ["has the player in the middle", { x: 20, y: 15 }, { x: 20, y: 15 }],
    ["shows nothing outside the map at its corners", { x: 0, y: 30 }, { x: 10, y: 25 }],
  ])("%s", (_, at, middle) => {
    expect(cameraAt(at, MAP, VIEW, 20).middle).toEqual(middle);
  });

  it("has a map that is smaller than the view in its middle", () => {
    expect(cameraAt({ x: 1, y: 1 }, MAP, VIEW, 5).middle).toEqual({ x: 20, y: 15 });
  });

  it("finds the place under a click, whatever it looks at", () => {
    const camera = cameraAt({ x: 33, y: 7 }, MAP, VIEW, 20);
    const place = { x: 28.25, y: 9.5 };
    expect(toMap(camera, toScreen(camera, place))).toEqual(place);
  });

  it("knows which tiles are seen, and no others", () => {
    const camera = cameraAt({ x: 20, y: 15 }, MAP, VIEW, 20);
    expect(seenTiles(camera, MAP)).toEqual({ left: 10, top: 10, right: 30, bottom: 21 });
    const small = cameraAt({ x: 0, y: 0 }, { width: 4, height: 4 }, VIEW, 20);
    expect(seenTiles(small, { width: 4, height: 4 })).toEqual({
      left: 0,
      top: 0,
      right: 3,
      bottom: 3,
    });
  });

  it("fits a whole map into a view, up to a scale", () => {
    expect([fittingScale(MAP, VIEW, 40), fittingScale({ width: 4, height: 4 }, VIEW, 40)]).toEqual([
      200 / 30,
      40,
    ]);
  });
});
