import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { COLOURS } from "../../draw/palette.ts";
import { drawThing } from "../../draw/thing.ts";
import { drawTiles } from "../../draw/tiles.ts";
import { randomText } from "../../net/call.ts";
import type { KnownAssets } from "../../net/known-assets.ts";
import { type Camera, cameraAt, fittingScale, toMap, toScreen } from "../../view/camera.ts";
import {
  type Draft,
  objectAt,
  painted,
  stroke,
  withObject,
  withoutObject,
} from "../../view/edit-map.ts";
import type { Point } from "../../view/grid.ts";
import { Canvas, type Draw } from "../shell/canvas.tsx";
import { useTexts } from "../shell/meet.ts";
import type { Tool } from "./editor.tsx";

interface EditorCanvasProps {
  readonly draft: Draft;
  readonly tool: Tool;
  readonly pictures: KnownAssets;
  /** Called once for each stroke, when it has ended. */
  readonly onDraft: (draft: Draft) => void;
}

const SCALE_MAX = 40;
const OBJECT_ID_BYTES = 8;

/** The draft after the tool was used on one tile. Pure but for the name of a new thing. */
function used(draft: Draft, tool: Tool, cell: Point): Draft {
  if (tool.do === "paint") return painted(draft, cell, tool.tile);
  if (cell.x < 0 || cell.y < 0 || cell.x >= draft.width || cell.y >= draft.height) return draft;
  const middle = { x: cell.x + 0.5, y: cell.y + 0.5 };
  const found = objectAt(draft.objects, middle);
  if (tool.do === "remove") return found ? withoutObject(draft, found.object_id) : draft;
  if (found) return draft;
  const object_id = `o${randomText(OBJECT_ID_BYTES)}`;
  const { asset_id } = tool.asset;
  return withObject(draft, { object_id, asset_id, ...middle, rotation: 0, layer: 1, solid: true });
}

/** The map to be painted on: by mouse, pen and finger, and by keys. */
export function EditorCanvas({ draft, tool, pictures, onDraft }: EditorCanvasProps): JSX.Element {
  const texts = useTexts();
  const [pending, setPending] = useState<Draft>();
  const [cursor, setCursor] = useState<Point>();
  const camera = useRef<Camera>(undefined);
  const last = useRef<Point>(undefined);
  const drawn = useRef<readonly unknown[]>([]);
  const shown = pending ?? draft;
  const state = [shown, cursor, pictures.revision];
  const draw: Draw = (context, size) => {
    drawn.current = [shown, cursor, pictures.revision];
    const scale = fittingScale(shown, size, SCALE_MAX);
    camera.current = cameraAt({ x: shown.width / 2, y: shown.height / 2 }, shown, size, scale);
    drawDraft(context, camera.current, shown, pictures);
    if (cursor) drawCursor(context, camera.current, cursor);
  };
  const cellAt = (event: PointerEvent): Point => {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    const point = { x: event.clientX - left, y: event.clientY - top };
    const { x, y } = camera.current ? toMap(camera.current, point) : { x: -1, y: -1 };
    return { x: Math.floor(x), y: Math.floor(y) };
  };
  const begin = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    last.current = cellAt(event);
    setPending(used(draft, tool, last.current));
  };
  const goOn = (event: PointerEvent): void => {
    const cell = cellAt(event);
    setCursor(cell);
    if (!last.current || !pending) return;
    const cells = stroke(last.current, cell);
    last.current = cell;
    // Things are placed one by one; only paint and the broom are drawn along.
    if (tool.do !== "place") setPending(cells.reduce((now, one) => used(now, tool, one), pending));
  };
  const end = (): void => {
    if (pending && pending !== draft) onDraft(pending);
    last.current = undefined;
    setPending(undefined);
  };
  const keys = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    const at = cursor ?? { x: Math.floor(draft.width / 2), y: Math.floor(draft.height / 2) };
    if (step) setCursor(clamped({ x: at.x + step[0], y: at.y + step[1] }, draft));
    else if (event.key === " ") {
      const next = used(draft, tool, at);
      if (next !== draft) onDraft(next);
    } else return;
    event.preventDefault();
  };
  return (
    <Canvas
      class="editor-canvas"
      role="application"
      aria-label={texts.editorLabel}
      tabIndex={0}
      draw={draw}
      isDirty={() =>
        state.some((one, i) => one !== drawn.current[i]) || pictures.revision !== drawn.current[2]
      }
      onPointerDown={begin}
      onPointerMove={goOn}
      onPointerUp={end}
      onPointerCancel={end}
      onPointerLeave={() => last.current ?? setCursor(undefined)}
      onKeyDown={keys}
    />
  );
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function clamped({ x, y }: Point, { width, height }: Draft): Point {
  return { x: Math.min(Math.max(x, 0), width - 1), y: Math.min(Math.max(y, 0), height - 1) };
}

function drawDraft(
  context: CanvasRenderingContext2D,
  camera: Camera,
  draft: Draft,
  pictures: KnownAssets,
): void {
  context.fillStyle = COLOURS.outside;
  context.fillRect(0, 0, camera.width, camera.height);
  drawTiles(context, camera, draft.tiles, 0);
  const things = [...draft.objects].sort((a, b) => a.layer - b.layer || a.y - b.y);
  for (const { asset_id, rotation, x, y } of things) {
    const [picture, name] = [pictures.pictureOf(asset_id), pictures.nameOf(asset_id)];
    const at = toScreen(camera, { x, y });
    drawThing(context, at, camera.scale, { asset_id, rotation, picture, name });
  }
}

function drawCursor(context: CanvasRenderingContext2D, camera: Camera, cell: Point): void {
  const { x, y } = toScreen(camera, cell);
  context.strokeStyle = COLOURS.mine;
  context.lineWidth = 2;
  context.strokeRect(x + 1, y + 1, camera.scale - 2, camera.scale - 2);
}
