import type { Asset } from "./wire.ts";

/** Where a thing's picture is, seen from the page. */
export function pictureUrl({ thumbnail }: Pick<Asset, "thumbnail">): string | undefined {
  return thumbnail === undefined ? undefined : `/asset${thumbnail}`;
}

interface Found {
  readonly name: string;
  readonly url?: string;
  readonly picture?: HTMLImageElement;
}

/** Pictures and names of things, loaded as they come into sight; `revision` changes when one has come. */
export class KnownAssets {
  revision = 0;
  readonly #load: (ids: readonly string[]) => Promise<readonly Asset[]>;
  readonly #asked = new Set<string>();
  readonly #found = new Map<string, Found>();
  #wanted: string[] = [];

  constructor(load: (ids: readonly string[]) => Promise<readonly Asset[]>) {
    this.#load = load;
  }

  nameOf = (id: string): string => this.#found.get(id)?.name ?? "";

  pictureOf = (id: string): HTMLImageElement | undefined => {
    this.#want(id);
    const picture = this.#found.get(id)?.picture;
    return picture?.complete && picture.naturalWidth > 0 ? picture : undefined;
  };

  add(asset: Asset): void {
    const { asset_id, name } = asset;
    const url = pictureUrl(asset);
    const before = this.#found.get(asset_id);
    this.#asked.add(asset_id);
    if (before?.name === name && before.url === url) return;
    this.#found.set(asset_id, { name, ...(url === undefined ? {} : this.#loaded(url)) });
    this.revision += 1;
  }

  #loaded(url: string): Pick<Found, "url" | "picture"> {
    const picture = new Image();
    picture.onload = () => {
      this.revision += 1;
    };
    picture.src = url;
    return { url, picture };
  }

  /** All that one frame wants is asked for at once. */
  #want(id: string): void {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    this.#wanted.push(id);
    if (this.#wanted.length === 1) setTimeout(() => void this.#ask(), ASK_MS);
  }

  async #ask(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = [];
    for (let at = 0; at < wanted.length; at += BATCH_MAX)
      // What cannot be loaded stays a box: the map can be played without its picture.
      for (const asset of await this.#load(wanted.slice(at, at + BATCH_MAX)).catch(() => []))
        this.add(asset);
  }
}

const ASK_MS = 50;
const BATCH_MAX = 100;
