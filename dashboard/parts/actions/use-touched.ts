import { useEffect, useState } from "preact/hooks";
import type { Api } from "../../net/call.ts";
import type { Row, RowsPage } from "../../net/wire.ts";
import { useDashboard } from "../shell/dashboard.ts";

/** Which game servers an action touches; nothing means: none. */
export interface Touching {
  readonly namespace?: string | undefined;
  readonly fleet?: string;
  readonly node?: string;
  /** One game server by its name. */
  readonly name?: string;
}
export interface Touched {
  readonly servers: number;
  readonly held: number;
  readonly players: number;
}

const PAGE = 1_000;
const HELD: readonly string[] = ["Allocated", "Reserved"];

/** Counts the game servers and their players. Pure. */
export function touchedOf(rows: readonly Row[]): Touched {
  const players = rows.map((row) => (typeof row.players === "number" ? row.players : 0));
  return {
    servers: rows.length,
    held: rows.filter(({ state }) => HELD.includes(state)).length,
    players: players.reduce((sum, one) => sum + one, 0),
  };
}

async function readTouched(api: Api, touching: Touching, signal: AbortSignal): Promise<Touched> {
  const { namespace, fleet, node, name } = touching;
  const rows: Row[] = [];
  for (let before: string | undefined; ; ) {
    const query = { kind: "GameServer", namespace, fleet, node, q: name, limit: PAGE, before };
    const page = await api.call<RowsPage>({ path: "/v1/rows", query, signal });
    rows.push(...page.items.filter((row) => name === undefined || row.name === name));
    if (page.next === undefined) return touchedOf(rows);
    before = String(page.next);
  }
}

/** How many players an action touches, as it is now; undefined while that is not known. */
export function useTouched(touching: Touching | undefined): {
  readonly touched?: Touched;
  readonly failure?: unknown;
} {
  const { api } = useDashboard();
  const [state, setState] = useState<{ touched?: Touched; failure?: unknown }>(
    touching ? {} : { touched: { servers: 0, held: 0, players: 0 } },
  );
  useEffect(() => {
    if (!touching) return;
    const stop = new AbortController();
    readTouched(api, touching, stop.signal).then(
      (touched) => setState({ touched }),
      (failure: unknown) => {
        if (!stop.signal.aborted) setState({ failure });
      },
    );
    return () => stop.abort();
  }, [JSON.stringify(touching)]);
  return state;
}
