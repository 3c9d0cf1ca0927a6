import { type Camera, seenTiles, toScreen } from "../view/camera.ts";
import { TILES, type Tile, tileAt } from "../view/grid.ts";
import { chanceAt } from "../view/hash.ts";
import { COLOURS, oneOf } from "./palette.ts";

type Context = CanvasRenderingContext2D;

/** How much of a wall's tile is its face, seen from the front. */
const FACE = 0.42;

/** Draws the tiles that are seen. `timeMs` moves the water; it may stand still. */
export function drawTiles(
  context: Context,
  camera: Camera,
  rows: readonly string[],
  timeMs: number,
): void {
  const size = { width: rows[0]?.length ?? 0, height: rows.length };
  const { left, top, right, bottom } = seenTiles(camera, size);
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) {
      const corner = toScreen(camera, { x: column, y: row });
      const [x, y] = [Math.floor(corner.x), Math.floor(corner.y)];
      const next = toScreen(camera, { x: column + 1, y: row + 1 });
      const [w, h] = [Math.floor(next.x) - x, Math.floor(next.y) - y];
      drawTile(context, tileAt(rows, column, row), { x, y, w, h, column, row }, rows, timeMs);
    }
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly column: number;
  readonly row: number;
}

function drawTile(
  context: Context,
  tile: Tile,
  box: Box,
  rows: readonly string[],
  timeMs: number,
): void {
  const { kind } = TILES[tile];
  if (kind === "grass") drawGrass(context, box);
  else if (kind === "floor") drawFloor(context, box);
  else if (kind === "water") drawWater(context, box, rows, timeMs);
  else drawWall(context, box, rows);
}

function fill(context: Context, colour: string, x: number, y: number, w: number, h: number): void {
  context.fillStyle = colour;
  context.fillRect(x, y, w, h);
}

function drawGrass(context: Context, { x, y, w, h, column, row }: Box): void {
  const chance = chanceAt(column, row);
  fill(context, oneOf(COLOURS.grass, Math.floor(chance * 3)), x, y, w, h);
  if (w < 12) return;
  context.strokeStyle = COLOURS.blade;
  context.lineWidth = Math.max(1, w / 28);
  context.lineCap = "round";
  for (let blade = 0; blade < 2; blade++) {
    if (chanceAt(column, row, blade + 1) > 0.55) continue;
    const bx = x + w * (0.15 + 0.7 * chanceAt(column, row, blade + 3));
    const by = y + h * (0.3 + 0.6 * chanceAt(column, row, blade + 5));
    context.beginPath();
    context.moveTo(bx - w * 0.06, by - h * 0.1);
    context.lineTo(bx, by);
    context.lineTo(bx + w * 0.06, by - h * 0.12);
    context.stroke();
  }
  if (chance > 0.93) {
    context.fillStyle = oneOf(COLOURS.flower, Math.floor(chanceAt(column, row, 9) * 3));
    context.beginPath();
    context.arc(x + w * 0.5, y + h * 0.45, w * 0.08, 0, Math.PI * 2);
    context.fill();
  }
}

function drawFloor(context: Context, { x, y, w, h, column, row }: Box): void {
  fill(context, oneOf(COLOURS.floor, Math.floor(chanceAt(column, row) * 3)), x, y, w, h);
  if (w < 8) return;
  const line = Math.max(1, Math.round(w / 40));
  fill(context, COLOURS.seam, x, y + h - line, w, line);
  fill(context, COLOURS.seam, x, y + Math.floor(h / 2), w, line);
  const shift = row % 2 === 0 ? 0.25 : 0.7;
  fill(context, COLOURS.seam, x + Math.floor(w * shift), y, line, Math.floor(h / 2));
  fill(
    context,
    COLOURS.seam,
    x + Math.floor(w * (1 - shift)),
    y + Math.floor(h / 2),
    line,
    Math.ceil(h / 2),
  );
}

function drawWater(
  context: Context,
  { x, y, w, h, column, row }: Box,
  rows: readonly string[],
  timeMs: number,
): void {
  fill(context, (column + row) % 2 === 0 ? COLOURS.water : COLOURS.waterDeep, x, y, w, h);
  const isShore = tileAt(rows, column, row - 1) !== "~";
  if (isShore) fill(context, COLOURS.shadow, x, y, w, Math.ceil(h * 0.12));
  if (w < 12 || chanceAt(column, row) > 0.6) return;
  const phase = (timeMs / 2_600 + chanceAt(column, row, 2)) % 1;
  const rx =
    x + w * (0.2 + 0.5 * chanceAt(column, row, 4)) + Math.sin(phase * Math.PI * 2) * w * 0.1;
  context.strokeStyle = COLOURS.ripple;
  context.lineWidth = Math.max(1, w / 22);
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(rx, y + h * 0.55);
  context.quadraticCurveTo(rx + w * 0.1, y + h * 0.45, rx + w * 0.22, y + h * 0.55);
  context.stroke();
}

function drawWall(
  context: Context,
  { x, y, w, h, column, row }: Box,
  rows: readonly string[],
): void {
  const isFront = row + 1 < rows.length && tileAt(rows, column, row + 1) !== "#";
  fill(context, COLOURS.wallTop, x, y, w, h);
  const rim = Math.max(1, Math.round(w / 16));
  if (tileAt(rows, column, row - 1) !== "#" || row === 0)
    fill(context, COLOURS.wallTopLight, x, y, w, rim);
  if (!isFront) return;
  const top = y + h - Math.ceil(h * FACE);
  fill(context, COLOURS.wallFace, x, top, w, y + h - top);
  fill(context, COLOURS.wallTopLight, x, top - rim, w, rim);
  if (w < 12) return;
  const middle = top + Math.floor((y + h - top) / 2);
  fill(context, COLOURS.wallSeam, x, middle, w, 1);
  fill(context, COLOURS.wallSeam, x + Math.floor(w * 0.5), top, 1, middle - top);
  fill(context, COLOURS.wallSeam, x + Math.floor(w * 0.2), middle, 1, y + h - middle);
}
