import type { Point } from "./grid.ts";

/** What of a map is seen: the tile in the middle, how large tiles are, and how large the view is, in CSS pixels. */
export interface Camera {
  readonly middle: Point;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
}
interface Size {
  readonly width: number;
  readonly height: number;
}

/** A camera that has `at` in the middle, but shows nothing outside the map where the map is larger than the view. Pure. */
export function cameraAt(at: Point, map: Size, view: Size, scale: number): Camera {
  const along = (centre: number, tiles: number, pixels: number): number => {
    const half = pixels / scale / 2;
    return tiles <= half * 2 ? tiles / 2 : Math.min(Math.max(centre, half), tiles - half);
  };
  const middle = { x: along(at.x, map.width, view.width), y: along(at.y, map.height, view.height) };
  return { middle, scale, width: view.width, height: view.height };
}

/** The scale at which a whole map fits into a view. Pure. */
export function fittingScale(map: Size, view: Size, max: number): number {
  return Math.max(1, Math.min(max, view.width / map.width, view.height / map.height));
}

export function toScreen({ middle, scale, width, height }: Camera, { x, y }: Point): Point {
  return { x: (x - middle.x) * scale + width / 2, y: (y - middle.y) * scale + height / 2 };
}

export function toMap({ middle, scale, width, height }: Camera, { x, y }: Point): Point {
  return { x: (x - width / 2) / scale + middle.x, y: (y - height / 2) / scale + middle.y };
}

/** The tiles that are seen, as columns and rows from and to, within the map. Pure. */
export function seenTiles(
  camera: Camera,
  map: Size,
): {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
} {
  const first = toMap(camera, { x: 0, y: 0 });
  const last = toMap(camera, { x: camera.width, y: camera.height });
  return {
    left: Math.max(0, Math.floor(first.x)),
    top: Math.max(0, Math.floor(first.y)),
    right: Math.min(map.width - 1, Math.floor(last.x)),
    bottom: Math.min(map.height - 1, Math.floor(last.y) + 1),
  };
}
