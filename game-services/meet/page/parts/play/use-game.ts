import { useEffect, useState } from "preact/hooks";
import { MapGame } from "../../game/map-game.ts";
import { refusedText } from "../../texts/failure-text.ts";
import { type Meet, useMeet } from "../shell/meet.ts";

const PRESENT_EVERY_MS = 30_000;

/** Enters a map when the part is shown, and leaves it when it goes. */
export function useGame(map: string, link: string | undefined): MapGame {
  const meet = useMeet();
  const [game] = useState(() => gameOf(meet, map, link));
  useEffect(() => {
    void game.enter();
    // The login service shows who is online; and asking for a token in time keeps the session alive.
    const timer = setInterval(() => {
      meet.services.present().catch(() => undefined);
    }, PRESENT_EVERY_MS);
    const leave = (): void => void game.leave();
    addEventListener("pagehide", leave);
    return () => {
      clearInterval(timer);
      removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  return game;
}

function gameOf(meet: Meet, map: string, link: string | undefined): MapGame {
  const { session, services, gameEndpoint } = meet;
  const game: MapGame = new MapGame({
    map,
    link,
    session,
    services,
    gameEndpoint,
    onRefused: ({ what, because }) => {
      // Who walks against a wall sees that without words.
      if (what === "move") return;
      meet.note("bad", meet.texts[refusedText(what)]);
      console.info(`the game refused ${what}: ${because}`);
    },
    onNotice: ({ what }) => {
      if (what === "AccessEnded") void session.access().catch(() => undefined);
      else if (what === "Ending") game.note(meet.texts.serverEnds);
      else if (what === "MapGone") meet.note("bad", meet.texts.mapGone);
    },
  });
  return game;
}
