import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { COLOURS } from "../../draw/palette.ts";
import { drawThing } from "../../draw/thing.ts";
import { drawTiles } from "../../draw/tiles.ts";
import type { GameMap, MapSummary } from "../../net/wire.ts";
import { type Camera, toScreen } from "../../view/camera.ts";
import { Canvas, type Draw } from "../shell/canvas.tsx";
import { useMeet } from "../shell/meet.ts";

/** A small picture of a map, from above, loaded when it comes into sight; the card beside it says what it is. */
export function MapPreview({ map }: { readonly map: MapSummary }): JSX.Element {
  const { services } = useMeet();
  const place = useRef<HTMLDivElement>(null);
  const [whole, setWhole] = useState<GameMap>();
  useEffect(() => {
    const { current } = place;
    if (!current) return;
    const watcher = new IntersectionObserver(([seen]) => {
      if (!seen?.isIntersecting) return;
      watcher.disconnect();
      // A map can be entered without its picture.
      services.map(map.map_id).then(setWhole, () => undefined);
    });
    watcher.observe(current);
    return () => watcher.disconnect();
  }, [map.map_id, map.version]);
  return (
    <div class="preview" ref={place}>
      {whole && <Drawn key={whole.version} map={whole} />}
    </div>
  );
}

function Drawn({ map }: { readonly map: GameMap }): JSX.Element {
  const { pictures } = useMeet();
  const drawn = useRef(-1);
  const draw: Draw = (context, { width, height }) => {
    drawn.current = pictures.revision;
    const scale = Math.max(width / map.width, height / map.height, 3);
    const middle = { x: map.width / 2, y: map.height / 2 };
    const camera: Camera = { middle, scale, width, height };
    context.fillStyle = COLOURS.outside;
    context.fillRect(0, 0, width, height);
    drawTiles(context, camera, map.tiles, 0);
    for (const { asset_id, rotation, x, y } of map.objects) {
      const picture = pictures.pictureOf(asset_id);
      const thing = { asset_id, rotation, picture, name: "" };
      drawThing(context, toScreen(camera, { x, y }), scale, thing);
    }
  };
  const isDirty = (): boolean => drawn.current !== pictures.revision;
  return <Canvas class="preview" aria-hidden="true" draw={draw} isDirty={isDirty} />;
}
