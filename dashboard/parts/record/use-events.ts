import { useEffect, useState } from "preact/hooks";
import type { Event } from "../../../core/model/event.ts";
import type { PageOf } from "../../net/wire.ts";
import { useDashboard } from "../shell/dashboard.ts";

/** More than anybody reads on one page. */
export const EVENTS_MAX = 500;

export interface EventsState {
  readonly events?: readonly Event[];
  readonly failure?: unknown;
}

/** Puts events to those that are there: one that was counted up replaces itself. Newest first. Pure. */
export function withEvents(old: readonly Event[], fresh: readonly Event[]): readonly Event[] {
  const byName = new Map(old.map((event) => [keyOf(event), event]));
  for (const event of fresh) byName.set(keyOf(event), event);
  return [...byName.values()]
    .sort((a, b) => Date.parse(b.lastTimestamp) - Date.parse(a.lastTimestamp))
    .slice(0, EVENTS_MAX);
}

const keyOf = ({ metadata }: Event): string => `${metadata.namespace}/${metadata.name}`;

/** Events that match, and those that happen from now on. */
export function useEvents(matches: (event: Event) => boolean, selector = ""): EventsState {
  const { api, live } = useDashboard();
  const [state, setState] = useState<EventsState>({});
  useEffect(() => {
    const stop = new AbortController();
    const add = (fresh: readonly Event[]): void =>
      setState((old) => ({ events: withEvents(old.events ?? [], fresh.filter(matches)) }));
    const query = { limit: EVENTS_MAX, fieldSelector: selector };
    api
      .call<PageOf<Event>>({ path: "/apis/flotilla.dev/v1/events", query, signal: stop.signal })
      .then(
        ({ items }) => add(items),
        (failure: unknown) => {
          if (!stop.signal.aborted) setState({ failure });
        },
      );
    const letGo = live.want("events", (data) => add(eventsIn(data)));
    return () => {
      stop.abort();
      letGo();
    };
  }, [selector]);
  return state;
}

/** What a message of the stream holds: one event, or several. */
function eventsIn(data: unknown): readonly Event[] {
  const { items, event } = data as { items?: readonly Event[]; event?: Event };
  if (items) return items;
  const one = event ?? (data as Event);
  return one.involvedObject ? [one] : [];
}
