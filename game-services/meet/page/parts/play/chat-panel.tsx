import type { JSX, RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { clothesOf } from "../../draw/avatar.ts";
import type { Line } from "../../game/lines.ts";
import type { MapGame } from "../../game/map-game.ts";
import { Icon } from "../shell/icons.tsx";
import { useMeet, useStore, useTexts } from "../shell/meet.ts";

interface ChatPanelProps {
  readonly game: MapGame;
  readonly inputRef: RefObject<HTMLInputElement | null>;
  /** The user whom the next line is for; empty for all. */
  readonly whisperTo: string;
  readonly onWhisperTo: (user: string) => void;
}

const TEXT_MAX = 200;

export function ChatPanel(props: ChatPanelProps): JSX.Element {
  const texts = useTexts();
  const lines = useStore(props.game.lines);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines]);
  return (
    <section class="chat" aria-label={texts.chat}>
      <div class="lines" role="log" aria-live="polite" ref={list}>
        {lines.length === 0 && <p class="empty">{texts.chatEmpty}</p>}
        {lines.map((line) => (
          <OneLine key={line.id} line={line} />
        ))}
      </div>
      <Composer {...props} />
    </section>
  );
}

function OneLine({ line }: { readonly line: Line }): JSX.Element {
  const texts = useTexts();
  const { kind, user = "", name = "", to = "", text, isMine } = line;
  if (kind === "note") return <p class="line line-note">{text}</p>;
  return (
    <p class={`line line-${kind} ${isMine ? "line-mine" : ""}`}>
      <span class="line-name" style={{ color: clothesOf(user) }}>
        {kind === "whispered" ? texts.whispered(name, to) : name}
      </span>
      <span class="line-text">{text}</span>
    </p>
  );
}

function Composer({ game, inputRef, whisperTo, onWhisperTo }: ChatPanelProps): JSX.Element {
  const texts = useTexts();
  const id = useId();
  const meet = useMeet();
  const { people, me, state } = useStore(game.seen);
  const [text, setText] = useState("");
  const others = people.filter(({ session }) => session !== me);
  const to = others.some(({ user }) => user === whisperTo) ? whisperTo : "";
  const send = (event: Event): void => {
    event.preventDefault();
    const line = text.trim();
    if (line === "") return;
    const isSent = to === "" ? game.say(line) : game.whisper(to, line);
    // What was not sent stays, to be sent when the connection is back.
    if (isSent) setText("");
    else meet.note("bad", texts.comingBack);
  };
  return (
    <form class="composer" onSubmit={send}>
      <label class="hidden" for={`${id}-to`}>
        {texts.to}
      </label>
      <select
        id={`${id}-to`}
        class={to === "" ? "" : "is-whisper"}
        value={to}
        onChange={(event) => onWhisperTo(event.currentTarget.value)}
      >
        <option value="">{texts.toAll}</option>
        {others.map(({ user, name }) => (
          <option key={user} value={user}>
            {texts.whisperTo(name)}
          </option>
        ))}
      </select>
      <div class="row">
        <label class="hidden" for={id}>
          {texts.sayLabel}
        </label>
        <input
          id={id}
          ref={inputRef}
          value={text}
          maxLength={TEXT_MAX}
          placeholder={texts.say}
          autoComplete="off"
          enterKeyHint="send"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button
          type="submit"
          class="main"
          aria-label={texts.send}
          title={texts.send}
          disabled={state !== "connected"}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
