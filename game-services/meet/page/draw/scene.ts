import type { Walker, World } from "../game/world.ts";
import { type Camera, toScreen } from "../view/camera.ts";
import type { PlacedObject, Point } from "../view/grid.ts";
import { isWalkingAt, positionAt } from "../view/interpolation.ts";
import { drawAvatar } from "./avatar.ts";
import { drawBubble, drawName } from "./labels.ts";
import { COLOURS } from "./palette.ts";
import { drawThing } from "./thing.ts";
import { drawTiles } from "./tiles.ts";

type Context = CanvasRenderingContext2D;

/** How long what was said is seen. */
const TALK_MS = 6_000;
const FADE_MS = 500;
/** Others are shown this late, so that there are always two positions to be between. */
export const DELAY_MS = 170;

export interface Scene {
  readonly world: World;
  readonly camera: Camera;
  readonly nowMs: number;
  /** Where the water is; stands still for who wants no motion. */
  readonly waterMs: number;
  readonly me: string | undefined;
  /** Where this player is, which knows it before the game says so. */
  readonly myPlace: Point | undefined;
  readonly amWalking: boolean;
  readonly facing: Map<string, boolean>;
  readonly pictureOf: (asset: string) => CanvasImageSource | undefined;
  readonly nameOf: (asset: string) => string;
  /** A thing that would be placed there, or the tile that would be walked to. */
  readonly ghost?: PlacedObject | undefined;
  readonly goal?: Point | undefined;
  readonly doomed?: string | undefined;
}

/** Draws the map with everything on it, from the back to the front. */
export function drawScene(context: Context, scene: Scene): void {
  const { camera, world } = scene;
  context.fillStyle = COLOURS.outside;
  context.fillRect(0, 0, camera.width, camera.height);
  drawTiles(context, camera, world.rows, scene.waterMs);
  if (scene.goal) drawGoal(context, camera, scene.goal);
  const things = [...world.objects.values()].map((object) => ({
    depth: object.layer === 0 ? -1 : object.y + object.layer / 100,
    draw: () => drawObject(context, scene, object),
  }));
  const walkers = [...world.walkers.values()].map((walker) => {
    const at = placeOf(scene, walker);
    return { depth: at.y, draw: () => drawWalker(context, scene, walker, at) };
  });
  for (const { draw } of [...things, ...walkers].sort((a, b) => a.depth - b.depth)) draw();
  if (scene.ghost) drawGhost(context, scene, scene.ghost);
  for (const walker of world.walkers.values()) drawTalk(context, scene, walker);
}

function drawObject(context: Context, scene: Scene, object: PlacedObject): void {
  const { asset_id, rotation } = object;
  const at = toScreen(scene.camera, object);
  const [picture, name] = [scene.pictureOf(asset_id), scene.nameOf(asset_id)];
  drawThing(context, at, scene.camera.scale, { asset_id, rotation, picture, name });
  if (scene.doomed === object.object_id) outline(context, at, scene.camera.scale, "#c8553d");
}

function drawGhost(context: Context, scene: Scene, object: PlacedObject): void {
  context.save();
  context.globalAlpha = 0.65;
  drawObject(context, scene, object);
  context.restore();
  outline(context, toScreen(scene.camera, object), scene.camera.scale, COLOURS.mine);
}

function outline(context: Context, at: Point, scale: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(at.x - scale / 2, at.y - scale / 2, scale, scale, scale * 0.15);
  context.stroke();
}

function drawGoal(context: Context, camera: Camera, goal: Point): void {
  const at = toScreen(camera, goal);
  context.strokeStyle = COLOURS.paper;
  context.lineWidth = 2;
  context.beginPath();
  context.ellipse(at.x, at.y, camera.scale * 0.22, camera.scale * 0.13, 0, 0, Math.PI * 2);
  context.stroke();
}

/** Others are shown between two positions that the game has told of. */
function placeOf({ me, myPlace, nowMs }: Scene, { person, samples }: Walker): Point {
  return (person.session === me && myPlace) || positionAt(samples, nowMs - DELAY_MS);
}

function drawWalker(context: Context, scene: Scene, { person, samples }: Walker, at: Point): void {
  const { session, user, name, isConnected } = person;
  const shownMs = scene.nowMs - DELAY_MS;
  const before = positionAt(samples, shownMs - 60);
  if (Math.abs(at.x - before.x) > 0.01) scene.facing.set(session, at.x < before.x);
  const isMe = session === scene.me;
  const screen = toScreen(scene.camera, at);
  const isWalking = isMe ? scene.amWalking : isWalkingAt(samples, shownMs);
  const isLeft = scene.facing.get(session) ?? false;
  const avatar = { user, isConnected, isMe, isLeft, isWalking };
  drawAvatar(context, screen, scene.camera.scale, avatar, scene.nowMs);
  drawName(context, { x: screen.x, y: screen.y + scene.camera.scale * 0.2 }, name, isMe);
}

function drawTalk(context: Context, scene: Scene, walker: Walker): void {
  const { said } = walker;
  if (!said) return;
  const left = TALK_MS - (scene.nowMs - said.atMs);
  if (left <= 0) return;
  const at = toScreen(scene.camera, placeOf(scene, walker));
  const tip = { x: at.x, y: at.y - scene.camera.scale * 1.08 };
  drawBubble(context, tip, said.text, Math.min(1, left / FADE_MS));
}

/** True while the picture changes without anything new from the game. */
export function isInMotion(world: World, nowMs: number): boolean {
  return [...world.walkers.values()].some(
    ({ samples, said }) =>
      (samples.at(-1)?.atMs ?? 0) > nowMs - DELAY_MS - 100 ||
      (said !== undefined && nowMs - said.atMs < TALK_MS + 100),
  );
}
