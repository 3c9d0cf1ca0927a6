import type { Point } from "../view/grid.ts";
import { hashOf } from "../view/hash.ts";
import { CLOTHES, COLOURS, HAIRS, oneOf, SKINS } from "./palette.ts";

type Context = CanvasRenderingContext2D;

export interface Avatar {
  /** Whoever it is, looks the same everywhere. */
  readonly user: string;
  readonly isWalking: boolean;
  /** Where it looks: to the left, or to the right. */
  readonly isLeft: boolean;
  readonly isConnected: boolean;
  readonly isMe: boolean;
}

/** The colour of somebody's clothes; also of the name in the talk. */
export function clothesOf(user: string): string {
  return oneOf(CLOTHES, hashOf(user));
}

/** Draws somebody who stands at a point of the screen; `unit` is a tile, `timeMs` moves the feet. */
export function drawAvatar(
  context: Context,
  at: Point,
  unit: number,
  avatar: Avatar,
  timeMs: number,
): void {
  const swing = avatar.isWalking ? Math.sin(timeMs / 90) : 0;
  context.save();
  context.translate(at.x, at.y);
  if (!avatar.isConnected) context.globalAlpha = 0.45;
  drawShadow(context, unit, avatar.isMe);
  context.translate(0, -Math.abs(swing) * unit * 0.05);
  context.scale(avatar.isLeft ? -1 : 1, 1);
  drawLegs(context, unit, swing);
  drawBody(context, unit, avatar.user, swing);
  drawHead(context, unit, avatar.user);
  context.restore();
}

function ellipse(context: Context, x: number, y: number, rx: number, ry: number): void {
  context.beginPath();
  context.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
}

function drawShadow(context: Context, unit: number, isMe: boolean): void {
  context.fillStyle = COLOURS.shadow;
  ellipse(context, 0, 0, unit * 0.3, unit * 0.12);
  context.fill();
  if (!isMe) return;
  context.strokeStyle = COLOURS.paper;
  context.lineWidth = Math.max(1.5, unit * 0.05);
  ellipse(context, 0, 0, unit * 0.36, unit * 0.16);
  context.stroke();
}

function drawLegs(context: Context, unit: number, swing: number): void {
  context.strokeStyle = COLOURS.ink;
  context.lineWidth = unit * 0.13;
  context.lineCap = "round";
  for (const side of [-1, 1]) {
    context.beginPath();
    context.moveTo(side * unit * 0.09, -unit * 0.22);
    context.lineTo(side * unit * 0.09 + side * swing * unit * 0.08, -unit * 0.04);
    context.stroke();
  }
}

function drawBody(context: Context, unit: number, user: string, swing: number): void {
  const clothes = clothesOf(user);
  context.fillStyle = clothes;
  context.beginPath();
  context.roundRect(-unit * 0.2, -unit * 0.62, unit * 0.4, unit * 0.45, unit * 0.15);
  context.fill();
  context.strokeStyle = clothes;
  context.lineWidth = unit * 0.11;
  for (const side of [-1, 1]) {
    context.beginPath();
    context.moveTo(side * unit * 0.2, -unit * 0.5);
    context.lineTo(side * unit * 0.25 - side * swing * unit * 0.06, -unit * 0.28);
    context.stroke();
  }
  context.fillStyle = "rgba(255, 255, 255, 0.22)";
  context.fillRect(-unit * 0.2, -unit * 0.36, unit * 0.4, unit * 0.06);
}

function drawHead(context: Context, unit: number, user: string): void {
  const look = hashOf(`${user} looks`);
  const [radius, y] = [unit * 0.24, -unit * 0.78];
  context.fillStyle = oneOf(SKINS, look);
  ellipse(context, 0, y, radius, radius);
  context.fill();
  context.fillStyle = oneOf(HAIRS, look >>> 4);
  context.beginPath();
  context.arc(0, y - unit * 0.02, radius * 1.05, Math.PI * 0.95, Math.PI * 2.02);
  context.closePath();
  context.fill();
  if ((look >>> 8) % 3 === 0) {
    ellipse(context, -radius * 0.9, y + unit * 0.02, unit * 0.09, unit * 0.2);
    context.fill();
  }
  if ((look >>> 8) % 3 === 1) {
    ellipse(context, -unit * 0.02, y - radius * 1.05, unit * 0.1, unit * 0.09);
    context.fill();
  }
  context.fillStyle = COLOURS.ink;
  for (const side of [-0.2, 0.65]) {
    ellipse(context, side * radius, y + unit * 0.04, unit * 0.03, unit * 0.04);
    context.fill();
  }
}
