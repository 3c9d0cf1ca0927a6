import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Asset } from "../../net/wire.ts";
import { useMeet, useStore, useTexts } from "../shell/meet.ts";
import { ChatPanel } from "./chat-panel.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { PeoplePanel } from "./people-panel.tsx";
import { PlaceBar } from "./place-bar.tsx";
import { PlayCanvas } from "./play-canvas.tsx";
import { PlayTop } from "./play-top.tsx";
import { useComings } from "./use-comings.ts";
import { useGame } from "./use-game.ts";

/** What a click on the map does: walk, place a thing, or take one away. */
export type Hand =
  | { readonly do: "walk" }
  | {
      readonly do: "place";
      readonly asset: Asset;
      readonly rotation: number;
      readonly solid: boolean;
    }
  | { readonly do: "remove" };

interface PlayPageProps {
  readonly map: string;
  readonly link: string | undefined;
}

export function PlayPage({ map, link }: PlayPageProps): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const game = useGame(map, link);
  const seen = useStore(game.seen);
  const [hand, setHand] = useState<Hand>({ do: "walk" });
  const [whisperTo, setWhisperTo] = useState("");
  const [side, setSide] = useState<"chat" | "people" | "none">(isNarrow() ? "none" : "chat");
  const input = useRef<HTMLInputElement>(null);
  useComings(game);
  useEffect(() => {
    document.title = seen.name === "" ? texts.title : `${seen.name} · ${texts.title}`;
  }, [seen.name, texts]);
  const me = seen.people.find(({ session }) => session === seen.me);
  const whisper = (user: string): void => {
    setWhisperTo(user);
    setSide("chat");
    input.current?.focus();
  };
  return (
    <div class={`play play-${side}`}>
      <PlayTop
        game={game}
        map={map}
        side={side}
        onSide={setSide}
        onLeave={() => meet.go({ page: "maps" })}
      />
      <main class="play-main">
        <PlayCanvas
          game={game}
          pictures={meet.pictures}
          hand={hand}
          onHand={setHand}
          onTalk={() => {
            setSide("chat");
            requestAnimationFrame(() => input.current?.focus());
          }}
        />
        <ConnectionBanner seen={seen} onAgain={() => void game.enter()} />
        {me?.canEdit && <PlaceBar hand={hand} onHand={setHand} />}
      </main>
      <aside class="play-side" hidden={side === "none"}>
        {side === "people" ? (
          <PeoplePanel seen={seen} onWhisper={whisper} />
        ) : (
          <ChatPanel
            game={game}
            inputRef={input}
            whisperTo={whisperTo}
            onWhisperTo={setWhisperTo}
          />
        )}
      </aside>
    </div>
  );
}

/** On a phone the map comes first; the talk opens on demand. */
function isNarrow(): boolean {
  return matchMedia("(max-width: 760px)").matches;
}
