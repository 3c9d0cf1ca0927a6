import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { drawScene, isInMotion } from "../../draw/scene.ts";
import type { MapGame } from "../../game/map-game.ts";
import { WalkerLoop } from "../../game/walker-loop.ts";
import type { KnownAssets } from "../../net/known-assets.ts";
import { type Camera, cameraAt, toMap } from "../../view/camera.ts";
import { objectAt } from "../../view/edit-map.ts";
import { middleOf, type PlacedObject, type Point } from "../../view/grid.ts";
import { WALK_KEYS } from "../../view/walk.ts";
import { Canvas, type Draw, wantsNoMotion } from "../shell/canvas.tsx";
import { useTexts } from "../shell/meet.ts";
import type { Hand } from "./play-page.tsx";

interface PlayCanvasProps {
  readonly game: MapGame;
  readonly pictures: KnownAssets;
  readonly hand: Hand;
  readonly onHand: (hand: Hand) => void;
  /** The player wants to talk. */
  readonly onTalk: () => void;
}

const SCALE_WIDE = 44;
const SCALE_NARROW = 36;
const NARROW = 760;
/** How often water and what else lives by itself is drawn. */
const IDLE_MS = 140;
/** On the ground, and one above it: what is placed stands there. */
const LAYER = 1;

/** The map as it is played. */
export function PlayCanvas(props: PlayCanvasProps): JSX.Element {
  const texts = useTexts();
  const { game, hand, pictures } = props;
  const view = useRef(new PlayView(game, pictures)).current;
  view.hand = hand;
  useEffect(() => {
    view.loop = new WalkerLoop(game);
    const stop = (): void => view.loop?.releaseAll();
    addEventListener("blur", stop);
    return () => {
      removeEventListener("blur", stop);
      view.loop?.[Symbol.dispose]();
    };
  }, []);
  const keyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (WALK_KEYS.has(event.code)) view.loop?.press(event.code);
    else if (event.code === "Escape") props.onHand({ do: "walk" });
    else if (event.code === "KeyR" && hand.do === "place")
      props.onHand({ ...hand, rotation: (hand.rotation + 90) % 360 });
    else if (event.code === "Enter" && hand.do === "place") view.placeBefore();
    else if (event.code === "Enter") props.onTalk();
    else return;
    event.preventDefault();
  };
  return (
    <Canvas
      class={`world hand-${hand.do}`}
      role="application"
      aria-label={texts.gameLabel}
      tabIndex={0}
      draw={view.draw}
      isDirty={view.isDirty}
      onCanvas={(canvas) => canvas.focus()}
      onKeyDown={keyDown}
      onKeyUp={(event: KeyboardEvent) => view.loop?.release(event.code)}
      onBlur={() => view.loop?.releaseAll()}
      onPointerMove={(event: PointerEvent) => view.point(pointOf(event), event.pointerType)}
      onPointerLeave={() => view.point(undefined, "")}
      onPointerDown={(event: PointerEvent) => event.button === 0 && view.click(pointOf(event))}
      onContextMenu={(event: Event) => event.preventDefault()}
    />
  );
}

function pointOf(event: PointerEvent): Point {
  const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

/** What the canvas remembers between two frames. */
class PlayView {
  hand: Hand = { do: "walk" };
  loop: WalkerLoop | undefined;
  readonly #game: MapGame;
  readonly #pictures: KnownAssets;
  readonly #facing = new Map<string, boolean>();
  readonly #isStill = wantsNoMotion();
  #camera: Camera | undefined;
  #pointer: Point | undefined;
  #drawn: readonly unknown[] = [];
  #drawnMs = 0;

  constructor(game: MapGame, pictures: KnownAssets) {
    this.#game = game;
    this.#pictures = pictures;
  }

  isDirty = (nowMs: number): boolean => {
    if (this.#state().some((one, i) => one !== this.#drawn[i])) return true;
    if (this.loop?.isWalking || isInMotion(this.#game.world, nowMs)) return true;
    return !this.#isStill && nowMs - this.#drawnMs > IDLE_MS;
  };

  draw: Draw = (context, size, nowMs) => {
    this.#drawn = this.#state();
    this.#drawnMs = nowMs;
    const { world, seen } = this.#game;
    const { me } = seen.value;
    const middle = { x: world.size.width / 2, y: world.size.height / 2 };
    const myPlace = this.loop?.positionAt(nowMs);
    const at = myPlace ?? middle;
    const scale = size.width < NARROW ? SCALE_NARROW : SCALE_WIDE;
    this.#camera = cameraAt(at, world.size, size, scale);
    const { pictureOf, nameOf } = this.#pictures;
    drawScene(context, {
      world,
      camera: this.#camera,
      nowMs,
      waterMs: this.#isStill ? 0 : nowMs,
      me,
      myPlace,
      amWalking: this.loop?.isWalking ?? false,
      facing: this.#facing,
      pictureOf,
      nameOf,
      ghost: this.#ghost(),
      goal: this.loop?.goal,
      doomed: this.#doomed(),
    });
  };

  /** Fingers do not hover: they leave no ghost behind. */
  point(pointer: Point | undefined, type: string): void {
    this.#pointer = type === "touch" ? undefined : pointer;
  }

  click(pointer: Point): void {
    if (!this.#camera) return;
    const at = toMap(this.#camera, pointer);
    const { width, height } = this.#game.world.size;
    if (at.x < 0 || at.y < 0 || at.x >= width || at.y >= height) return;
    if (this.hand.do === "walk") this.loop?.walkTo(at);
    else if (this.hand.do === "place") this.#place(at);
    else {
      const found = objectAt(this.#game.world.objects.values(), at);
      if (found) this.#game.remove(found.object_id);
    }
  }

  /** By keys: on the tile to the right of the player, or to the left where it looks there. */
  placeBefore(): void {
    const { me } = this.#game.seen.value;
    const at = this.loop?.positionAt(performance.now());
    if (!at || me === undefined) return;
    this.#place({ x: at.x + (this.#facing.get(me) ? -1 : 1), y: at.y });
  }

  #place(at: Point): void {
    const object = this.#objectAt(at);
    if (object) this.#game.place(object);
  }

  #objectAt(at: Point): Omit<PlacedObject, "object_id"> | undefined {
    if (this.hand.do !== "place") return undefined;
    const { asset, rotation, solid } = this.hand;
    return { asset_id: asset.asset_id, ...middleOf(at), rotation, layer: LAYER, solid };
  }

  #ghost(): PlacedObject | undefined {
    if (!this.#camera || !this.#pointer) return undefined;
    const object = this.#objectAt(toMap(this.#camera, this.#pointer));
    return object && { object_id: "", ...object };
  }

  #doomed(): string | undefined {
    if (this.hand.do !== "remove" || !this.#camera || !this.#pointer) return undefined;
    return objectAt(this.#game.world.objects.values(), toMap(this.#camera, this.#pointer))
      ?.object_id;
  }

  #state(): readonly unknown[] {
    const { world, seen } = this.#game;
    const { revision } = this.#pictures;
    return [world.revision, revision, this.hand, this.#pointer, this.loop?.goal, seen.value.me];
  }
}
