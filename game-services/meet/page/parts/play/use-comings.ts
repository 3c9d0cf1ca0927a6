import { useEffect } from "preact/hooks";
import type { MapGame } from "../../game/map-game.ts";
import { useMeet } from "../shell/meet.ts";

/** Says in the talk who comes and goes, but not who was there before. */
export function useComings(game: MapGame): void {
  const meet = useMeet();
  useEffect(() => {
    let before: ReadonlyMap<string, string> | undefined;
    return game.seen.subscribe(() => {
      const { people, me } = game.seen.value;
      if (me === undefined) return;
      const now = new Map(people.map(({ user, name }) => [user, name]));
      const { texts } = meet;
      for (const [user, name] of before ? now : [])
        if (!before?.has(user)) game.note(texts.came(name));
      for (const [user, name] of before ?? []) if (!now.has(user)) game.note(texts.went(name));
      before = now;
    });
  }, []);
}
