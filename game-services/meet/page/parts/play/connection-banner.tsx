import type { JSX } from "preact";
import type { Seen } from "../../game/map-game.ts";
import { useMeet, useTexts } from "../shell/meet.ts";

/** How it stands with the connection, where that is not as it should be. */
export function ConnectionBanner(props: {
  readonly seen: Seen;
  readonly onAgain: () => void;
}): JSX.Element {
  const { seen, onAgain } = props;
  const meet = useMeet();
  const texts = useTexts();
  const { state, because } = seen;
  const isLost = state === "lost";
  const words = {
    entering: texts.entering,
    connecting: texts.connecting,
    reserved: texts.connecting,
  };
  const text = isLost
    ? because === undefined
      ? texts.lost
      : meet.wordsFor(because)
    : state === "reconnecting"
      ? texts.comingBack
      : state === "connected" || state === "left"
        ? ""
        : words[state];
  return (
    <div class="banner" role="status" aria-live="polite" hidden={text === ""}>
      {!isLost && <span class="spinner" aria-hidden="true" />}
      <span>{text}</span>
      {isLost && (
        <button type="button" class="main" onClick={onAgain}>
          {texts.again}
        </button>
      )}
    </div>
  );
}
