import type { Point } from "../view/grid.ts";
import { hashOf } from "../view/hash.ts";
import { CLOTHES, COLOURS, oneOf } from "./palette.ts";

type Context = CanvasRenderingContext2D;

export interface Thing {
  readonly asset_id: string;
  readonly rotation: number;
  /** Its picture; absent while it loads, and for things without one. */
  readonly picture?: CanvasImageSource | undefined;
  readonly name: string;
}

/** Draws a thing whose middle is at a point of the screen; `unit` is a tile. */
export function drawThing(context: Context, at: Point, unit: number, thing: Thing): void {
  const half = unit * 0.46;
  context.save();
  context.translate(at.x, at.y);
  context.fillStyle = COLOURS.shadow;
  context.beginPath();
  context.ellipse(0, half * 0.92, half * 0.95, half * 0.28, 0, 0, Math.PI * 2);
  context.fill();
  context.rotate((thing.rotation * Math.PI) / 180);
  context.beginPath();
  context.roundRect(-half, -half, half * 2, half * 2, unit * 0.12);
  context.clip();
  if (thing.picture) context.drawImage(thing.picture, -half, -half, half * 2, half * 2);
  else drawCrate(context, half, thing);
  context.restore();
}

/** A thing without a picture: a box with its first letter. */
function drawCrate(context: Context, half: number, { asset_id, name }: Thing): void {
  context.fillStyle = oneOf(CLOTHES, hashOf(asset_id));
  context.fillRect(-half, -half, half * 2, half * 2);
  context.fillStyle = "rgba(255, 255, 255, 0.28)";
  context.fillRect(-half, -half, half * 2, half * 0.5);
  context.strokeStyle = "rgba(0, 0, 0, 0.18)";
  context.lineWidth = Math.max(1, half * 0.12);
  context.strokeRect(-half, -half, half * 2, half * 2);
  const [letter = ""] = name.trim();
  if (half < 7) return;
  context.fillStyle = COLOURS.paper;
  context.font = `600 ${Math.round(half * 0.9)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter.toUpperCase(), 0, half * 0.2);
}
