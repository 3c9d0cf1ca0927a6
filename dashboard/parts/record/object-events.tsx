import type { JSX } from "preact";
import { hashFor } from "../../view/route.ts";
import { useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, Panel, Problem } from "../shell/states.tsx";
import { EventTable } from "./event-table.tsx";
import { useEvents } from "./use-events.ts";

const SHOWN = 50;

/** What happened to one object, and why. */
export function ObjectEvents(props: {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}): JSX.Element {
  const texts = useTexts();
  const { kind, namespace, name } = props;
  const selector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const { events, failure } = useEvents(
    ({ involvedObject: one }) =>
      one.kind === kind && one.name === name && (one.namespace ?? "") === namespace,
    selector,
  );
  const query = { kind, name };
  return (
    <Panel
      title={texts.events}
      end={
        <a class="panel-link" href={hashFor({ page: "history", query })}>
          {texts.history}
        </a>
      }
    >
      {failure !== undefined && <Problem failure={failure} />}
      {!events && failure === undefined && <Loading />}
      {events?.length === 0 && <Empty text={texts.noEvents} />}
      {events && events.length > 0 && <EventTable events={events.slice(0, SHOWN)} />}
    </Panel>
  );
}
