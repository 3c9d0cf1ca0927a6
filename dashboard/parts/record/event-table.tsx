import type { JSX } from "preact";
import type { Event } from "../../../core/model/event.ts";
import { agoText, dateText } from "../../view/format.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { ObjectLink, Why } from "../shell/states.tsx";
import { PlainTable } from "../tables/plain-table.tsx";

/** What happened and why, newest first. */
export function EventTable(props: {
  readonly events: readonly Event[];
  readonly hasObject?: boolean;
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  return (
    <PlainTable
      class="events"
      heads={[
        texts.when,
        props.hasObject ? texts.object : false,
        texts.why,
        { number: texts.times },
      ]}
    >
      {props.events.map((event) => (
        <tr key={event.metadata.uid || event.metadata.name} class={`event-${event.type}`}>
          <td class="when" title={dateText(Date.parse(event.lastTimestamp))}>
            {texts.ago(agoText(Date.parse(event.lastTimestamp), now))}
          </td>
          {props.hasObject && (
            <td>
              <span class="hint">{event.involvedObject.kind} </span>
              <ObjectLink
                kind={event.involvedObject.kind}
                name={event.involvedObject.name}
                namespace={event.involvedObject.namespace}
              />
            </td>
          )}
          <td>
            <Why reason={event.reason} message={event.message} />
          </td>
          <td class="number">{event.count}</td>
        </tr>
      ))}
    </PlainTable>
  );
}
