import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { shownRows } from "../../view/table-window.ts";
import { useTexts } from "../shell/dashboard.ts";
import { Empty, Panel, Problem } from "../shell/states.tsx";
import { type LogPlace, useLog } from "./use-log.ts";

const LINE_PX = 20;

/** What a container says, as it says it: follows the end until somebody scrolls up, and searches. */
export function LogPanel(place: LogPlace): JSX.Element {
  const texts = useTexts();
  const [isFollowing, follow] = useState(true);
  const [search, setSearch] = useState("");
  const { log, failure, isOpen, again } = useLog(place);
  const found = useMemo(() => {
    const part = search.trim().toLowerCase();
    return part === "" ? log.lines : log.lines.filter((line) => line.toLowerCase().includes(part));
  }, [log, search]);
  const controls = (
    <div class="row">
      <input
        type="search"
        class="small"
        placeholder={texts.searchLog}
        aria-label={texts.searchLog}
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <span class="hint number">{texts.linesFound(found.length)}</span>
      <button type="button" aria-pressed={isFollowing} onClick={() => follow(!isFollowing)}>
        {texts.follow}
      </button>
    </div>
  );
  return (
    <Panel title={texts.log} end={controls}>
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {log.lines.length === 0 && failure === undefined ? (
        <Empty text={texts.logEmpty} />
      ) : (
        <Lines lines={found} isFollowing={isFollowing} onScrolledUp={() => follow(false)} />
      )}
      {!isOpen && failure === undefined && log.lines.length > 0 && (
        <p class="hint">
          {texts.logEnded}{" "}
          <button type="button" class="link" onClick={again}>
            {texts.again}
          </button>
        </p>
      )}
    </Panel>
  );
}

interface LinesProps {
  readonly lines: readonly string[];
  readonly isFollowing: boolean;
  readonly onScrolledUp: () => void;
}

function Lines({ lines, isFollowing, onScrolledUp }: LinesProps): JSX.Element {
  const texts = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  useEffect(() => {
    const { current } = place;
    if (current && isFollowing) current.scrollTop = current.scrollHeight;
  }, [lines, isFollowing]);
  const shown = shownRows(lines.length, LINE_PX, view.top, view.height);
  return (
    <section
      class="log"
      ref={place}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
      tabIndex={0}
      aria-label={texts.logLines}
      onWheel={(event) => event.deltaY < 0 && onScrolledUp()}
      onKeyDown={(event) => /^(ArrowUp|PageUp|Home)$/.test(event.key) && onScrolledUp()}
      onScroll={({ currentTarget: { scrollTop, clientHeight } }) =>
        setView({ top: scrollTop, height: clientHeight })
      }
    >
      <div style={{ height: `${shown.above}px` }} />
      {lines.slice(shown.from, shown.until).map((line, i) => (
        <div class="log-line" key={shown.from + i}>
          {line === "" ? "\u00a0" : line}
        </div>
      ))}
      <div style={{ height: `${shown.below}px` }} />
    </section>
  );
}
