import type { JSX } from "preact";
import type { Overview, Row } from "../../net/wire.ts";
import { valueText } from "../../view/format.ts";
import { useRows, useTexts } from "../shell/dashboard.ts";
import { ObjectLink, Panel, State } from "../shell/states.tsx";
import { numberOf, stateOf } from "../tables/columns.tsx";

const NODES_SHOWN = 8;

/** How full the machines are. */
export function Capacity({ overview }: { readonly overview: Overview }): JSX.Element {
  const texts = useTexts();
  const { rows } = useRows("Node");
  const { running, total } = overview.containers;
  return (
    <Panel title={texts.capacity}>
      <ul class="lines">
        <li>
          <span>{texts.containers}</span>
          <span class="number">{texts.runningOf(running, total)}</span>
        </li>
        {rows.slice(0, NODES_SHOWN).map((row) => (
          <NodeLine key={row.uid} row={row} />
        ))}
      </ul>
    </Panel>
  );
}

function NodeLine({ row }: { readonly row: Row }): JSX.Element {
  const texts = useTexts();
  return (
    <li>
      <span>
        <ObjectLink kind="Node" name={row.name} /> <State state={stateOf(row)} />
      </span>
      <span class="number">
        {texts.cpu} {shareText(row, "cpu", "milli")} · {texts.memory}{" "}
        {shareText(row, "memory", "bytes")}
      </span>
    </li>
  );
}

/** `0.5/2`: what is used, of what there is when that is known. */
function shareText(row: Row, key: string, unit: string): string {
  const used = valueText(numberOf(row, key), unit);
  const most = numberOf(row, `${key}Max`);
  return most === undefined ? used : `${used} / ${valueText(most, unit)}`;
}
