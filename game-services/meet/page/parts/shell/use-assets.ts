import { useEffect } from "preact/hooks";
import type { Asset } from "../../net/wire.ts";
import { useMeet } from "./meet.ts";

/** Things that may be placed: the player's own, and everybody's. */
export function useUsableAssets(onAssets: (assets: readonly Asset[]) => void): void {
  const meet = useMeet();
  useEffect(() => {
    const lists = [meet.services.myAssets(), meet.services.publicAssets()];
    Promise.all(lists).then(
      (pages) => {
        const all = new Map(pages.flatMap(({ items }) => items).map((one) => [one.asset_id, one]));
        for (const asset of all.values()) meet.pictures.add(asset);
        onAssets([...all.values()]);
      },
      (error: unknown) => meet.tell(error),
    );
  }, []);
}
