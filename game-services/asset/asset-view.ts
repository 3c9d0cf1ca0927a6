import { rfc3339 } from "../../core/std/clock.ts";
import type { Kept } from "../../store/documents/document-store.ts";
import type { Asset, Visibility } from "./collections.ts";

/** An asset as clients see it. */
export interface AssetView {
  readonly asset_id: string;
  readonly owner: string;
  readonly name: string;
  readonly category_id: string;
  /** A path of this service. */
  readonly thumbnail?: string;
  readonly price: number;
  readonly is_delete: boolean;
  readonly visibility: Visibility;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export function viewOf({ id, body }: Kept<Asset>): AssetView {
  const { owner, name, category_id, thumbnail, price, is_delete, visibility } = body;
  return {
    asset_id: id,
    owner,
    name,
    category_id,
    ...(thumbnail === undefined ? {} : { thumbnail: `/thumbnails/${thumbnail}` }),
    price,
    is_delete,
    visibility,
    version: body.revision,
    created_at: rfc3339(body.created_at),
    updated_at: rfc3339(body.updated_at),
  };
}
