import type { JSX } from "preact";
import type { Route } from "../../view/route.ts";
import { FleetPage } from "../fleets/fleet-page.tsx";
import { FleetsPage } from "../fleets/fleets-page.tsx";
import { OverviewPage } from "../overview/overview-page.tsx";
import { AuditPage } from "../people/audit-page.tsx";
import { TokensPage } from "../people/tokens-page.tsx";
import { UsersPage } from "../people/users-page.tsx";
import { AlertsPage } from "../record/alerts-page.tsx";
import { EventsPage } from "../record/events-page.tsx";
import { HistoryPage } from "../record/history-page.tsx";
import { ContainerPage } from "../servers/container-page.tsx";
import { GameServerPage } from "../servers/game-server-page.tsx";
import { NetworkPage } from "../servers/network-page.tsx";
import { NodePage } from "../servers/node-page.tsx";
import { ServicePage } from "../servers/service-page.tsx";
import { ListPage } from "../tables/list-page.tsx";

/** The page of a route. */
export function PageOf({ route }: { readonly route: Route }): JSX.Element {
  const { page, name, namespace = "" } = route;
  if (name !== undefined) {
    const place = { namespace, name };
    if (page === "fleets") return <FleetPage {...place} />;
    if (page === "gameservers") return <GameServerPage {...place} />;
    if (page === "containers") return <ContainerPage {...place} />;
    if (page === "services") return <ServicePage {...place} />;
    if (page === "nodes") return <NodePage name={name} />;
    if (page === "networks") return <NetworkPage {...place} />;
  }
  switch (page) {
    case "fleets":
      return <FleetsPage />;
    case "gameservers":
      return <ListPage kind="GameServer" />;
    case "containers":
      return <ListPage kind="Container" />;
    case "services":
      return <ListPage kind="Service" />;
    case "nodes":
      return <ListPage kind="Node" />;
    case "networks":
      return <ListPage kind="Network" />;
    case "rooms":
      return <ListPage kind="Room" />;
    case "events":
      return <EventsPage />;
    case "history":
      return <HistoryPage />;
    case "alerts":
      return <AlertsPage />;
    case "users":
      return <UsersPage />;
    case "tokens":
      return <TokensPage />;
    case "audit":
      return <AuditPage />;
    default:
      return <OverviewPage />;
  }
}
