import type { JSX } from "preact";
import type { Texts } from "../../texts/texts.ts";
import { type FleetCounts, type Part, partsOf, type Tone } from "../../view/tones.ts";
import { useTexts } from "../shell/dashboard.ts";

const nameOf = (tone: Tone, texts: Texts): string =>
  ({
    ready: texts.ready,
    allocated: texts.allocated,
    reserved: texts.reserved,
    starting: texts.startingState,
    broken: texts.brokenState,
    leaving: texts.leavingState,
  })[tone];

/** What a fleet's servers are, as one bar and in words. */
export function StatesBar(props: {
  readonly counts: FleetCounts;
  readonly hasWords?: boolean;
}): JSX.Element {
  const texts = useTexts();
  const parts = partsOf(props.counts).filter(({ count }) => count > 0);
  const words = parts.map(({ tone, count }) => `${nameOf(tone, texts)} ${count}`).join(", ");
  return (
    <div class="states">
      <div class="bar" role="img" aria-label={words || texts.noGameServers}>
        {parts.map((part) => (
          <Segment key={part.tone} part={part} />
        ))}
      </div>
      {props.hasWords && (
        <ul class="legend" aria-hidden="true">
          {partsOf(props.counts).map(({ tone, count }) => (
            <li key={tone}>
              <span class={`dot tone-${tone}`} />
              {nameOf(tone, texts)} <strong>{count.toLocaleString()}</strong>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Segment({ part: { tone, count } }: { readonly part: Part }): JSX.Element {
  return <span class={`segment tone-${tone}`} style={{ flexGrow: count }} />;
}
