import type { JSX } from "preact";
import { drawThing } from "../../draw/thing.ts";
import { pictureUrl } from "../../net/known-assets.ts";
import type { Asset } from "../../net/wire.ts";
import { Canvas, type Draw } from "../shell/canvas.tsx";

/** A thing's picture, or the box that stands for it. */
export function ThingPicture({ asset }: { readonly asset: Asset }): JSX.Element {
  const url = pictureUrl(asset);
  if (url !== undefined) return <img class="thing-picture" src={url} alt="" loading="lazy" />;
  const { asset_id, name } = asset;
  const draw: Draw = (context, { width, height }) => {
    context.fillStyle = "#f1f3ee";
    context.fillRect(0, 0, width, height);
    const unit = Math.min(width, height) * 0.8;
    drawThing(context, { x: width / 2, y: height / 2 }, unit, { asset_id, name, rotation: 0 });
  };
  return <Canvas class="thing-picture" aria-hidden="true" draw={draw} isDirty={() => false} />;
}
