import type { JSX } from "preact";
import { clothesOf } from "../../draw/avatar.ts";
import type { Seen } from "../../game/map-game.ts";
import { useTexts } from "../shell/meet.ts";

interface PeoplePanelProps {
  readonly seen: Seen;
  readonly onWhisper: (user: string) => void;
}

/** Who is here; a click whispers. */
export function PeoplePanel({ seen, onWhisper }: PeoplePanelProps): JSX.Element {
  const texts = useTexts();
  return (
    <section class="people" aria-label={texts.people}>
      <h2>{texts.peopleHere(seen.people.length)}</h2>
      <ul>
        {seen.people.map(({ session, user, name, isConnected }) => {
          const isMe = session === seen.me;
          return (
            <li key={session}>
              <span class="dot" style={{ background: clothesOf(user) }} />
              <span class="grow">
                {name}
                {isMe && <span class="hint"> ({texts.you})</span>}
                {!isConnected && <span class="hint"> ({texts.away})</span>}
              </span>
              {!isMe && (
                <button type="button" onClick={() => onWhisper(user)}>
                  {texts.whisperTo(name)}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
