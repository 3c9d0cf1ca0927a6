import type { JSX } from "preact";
import { drawAvatar } from "../../draw/avatar.ts";
import { drawBubble } from "../../draw/labels.ts";
import { COLOURS } from "../../draw/palette.ts";
import { drawTiles } from "../../draw/tiles.ts";
import { type Camera, toScreen } from "../../view/camera.ts";
import { chanceAt } from "../../view/hash.ts";
import { Canvas, type Draw, wantsNoMotion } from "../shell/canvas.tsx";

const ROWS: readonly string[] = Array.from({ length: 40 }, (_, y) =>
  Array.from({ length: 60 }, (_, x) => tileAt(x, y)).join(""),
);
const PEOPLE = [
  { user: "ann", x: 14.4, y: 12.6, isLeft: false, says: "안녕!" },
  { user: "ben", x: 16.5, y: 13.1, isLeft: true, says: "" },
  { user: "dora", x: 43.2, y: 24.6, isLeft: true, says: "hello" },
  { user: "emil", x: 41.3, y: 25.2, isLeft: false, says: "" },
  { user: "gina", x: 44.6, y: 15.3, isLeft: true, says: "" },
] as const;
const FRAME_MS = 120;

/** A lake, a path and a house. */
function tileAt(x: number, y: number): string {
  if (Math.hypot((x - 44) / 1.5, y - 20) < 3 + chanceAt(x, y) * 0.4) return "~";
  const [inX, inY] = [x >= 11 && x <= 20, y >= 9 && y <= 17];
  const isEdge = x === 11 || x === 20 || y === 9 || (y === 17 && x !== 15 && x !== 16);
  if (inX && inY) return isEdge ? "#" : ".";
  return y >= 18 && (x === 15 || x === 16) ? "." : ",";
}

/** A small scene behind the way in, drawn like the maps are. */
export function Backdrop(): JSX.Element {
  let drawnMs = Number.NEGATIVE_INFINITY;
  const isStill = wantsNoMotion();
  const draw: Draw = (context, { width, height }, nowMs) => {
    drawnMs = nowMs;
    // On a phone the house stands above the way in.
    const middle = width < height ? { x: 16, y: 20 } : { x: 30, y: 20 };
    const scale = Math.max(34, Math.max(width / 36, height / 30));
    const camera: Camera = { middle, scale, width, height };
    context.fillStyle = COLOURS.outside;
    context.fillRect(0, 0, width, height);
    drawTiles(context, camera, ROWS, isStill ? 0 : nowMs);
    for (const { user, isLeft, says, ...at } of PEOPLE) {
      const screen = toScreen(camera, at);
      const avatar = { user, isLeft, isWalking: false, isConnected: true, isMe: false };
      drawAvatar(context, screen, scale, avatar, nowMs);
      if (says !== "") drawBubble(context, { x: screen.x, y: screen.y - scale * 1.08 }, says, 1);
    }
  };
  return (
    <Canvas
      class="backdrop"
      aria-hidden="true"
      draw={draw}
      isDirty={(nowMs) => !isStill && nowMs - drawnMs > FRAME_MS}
    />
  );
}
