import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { MapGame } from "../../game/map-game.ts";
import type { MapSummary } from "../../net/wire.ts";
import { ShareDialog } from "../maps/share-dialog.tsx";
import { Icon } from "../shell/icons.tsx";
import { LanguageSwitch } from "../shell/language-switch.tsx";
import { useMeet, useStore, useTexts } from "../shell/meet.ts";

type Side = "chat" | "people" | "none";
interface PlayTopProps {
  readonly game: MapGame;
  readonly map: string;
  readonly side: Side;
  readonly onSide: (side: Side) => void;
  readonly onLeave: () => void;
}

export function PlayTop({ game, map, side, onSide, onLeave }: PlayTopProps): JSX.Element {
  const texts = useTexts();
  const seen = useStore(game.seen);
  const toggle = (to: Side): void => onSide(side === to ? "none" : to);
  return (
    <header class="top play-top">
      <button
        type="button"
        class="bare"
        aria-label={texts.leave}
        title={texts.leave}
        onClick={onLeave}
      >
        <Icon name="back" />
      </button>
      <h1>{seen.name || texts.entering}</h1>
      <div class="top-end">
        <LanguageSwitch />
        <ShareButton map={map} name={seen.name} />
        <button
          type="button"
          class="bare count"
          aria-pressed={side === "people"}
          aria-label={texts.peopleHere(seen.people.length)}
          title={texts.people}
          onClick={() => toggle("people")}
        >
          <Icon name="people" />
          {seen.people.length}
        </button>
        <ChatButton game={game} isOpen={side === "chat"} onToggle={() => toggle("chat")} />
      </div>
    </header>
  );
}

/** Says how much was said since the talk was closed. */
function ChatButton(props: {
  readonly game: MapGame;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}): JSX.Element {
  const { game, isOpen, onToggle } = props;
  const texts = useTexts();
  const lines = useStore(game.lines);
  const read = useRef(0);
  if (isOpen) read.current = lines.at(-1)?.id ?? 0;
  const unread = lines.filter(({ id, kind }) => id > read.current && kind !== "note").length;
  const label = unread === 0 ? texts.chat : texts.chatUnread(unread);
  return (
    <button
      type="button"
      class="bare count"
      aria-pressed={isOpen}
      aria-label={label}
      title={label}
      onClick={onToggle}
    >
      <Icon name="chat" />
      {unread > 0 && <span class="badge">{unread}</span>}
    </button>
  );
}

/** Only the owner of a map may make a key; others share a map that is open to everyone, or not at all. */
function ShareButton({ map, name }: { readonly map: string; readonly name: string }): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const [shared, setShared] = useState<MapSummary>();
  const { link } = useShownLink();
  const share = async (): Promise<void> => {
    await meet.services.map(map, link).then(setShared, (error: unknown) => meet.tell(error));
  };
  return (
    <>
      <button
        type="button"
        class="bare"
        aria-label={texts.share}
        title={`${texts.share} ${name}`}
        onClick={() => void share()}
      >
        <Icon name="share" />
      </button>
      {shared && <ShareDialog map={shared} known={link} onClose={() => setShared(undefined)} />}
    </>
  );
}

function useShownLink(): { readonly link: string | undefined } {
  const route = useStore(useMeet().route);
  return { link: route.page === "play" ? route.link : undefined };
}
