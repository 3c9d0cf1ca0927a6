import type { JSX } from "preact";
import type { PageName } from "../../view/route.ts";
import { hashFor } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "./dashboard.ts";
import { Icon, type IconName } from "./icons.tsx";

type Listed = Exclude<PageName, "welcome">;
const GROUPS: readonly (readonly Listed[])[] = [
  ["overview"],
  ["fleets", "gameservers", "rooms"],
  ["containers", "services", "nodes", "networks"],
  ["alerts", "events", "history"],
];
const ADMIN: readonly Listed[] = ["users", "tokens", "audit"];

/** All pages; those of admins only for them. */
export function Sidebar(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const { page } = useStore(dashboard.route);
  const overview = useStore(dashboard.overview);
  const groups = dashboard.session.isAtLeast("admin") ? [...GROUPS, ADMIN] : GROUPS;
  const firing = overview?.alerts?.firing ?? 0;
  return (
    <nav class="sidebar" id="menu" aria-label={texts.navLabel}>
      {groups.map((pages) => (
        <ul key={pages[0]}>
          {pages.map((one) => (
            <li key={one}>
              <a href={hashFor({ page: one })} aria-current={one === page ? "page" : undefined}>
                <Icon name={one satisfies IconName} />
                <span>{texts[one]}</span>
                {one === "alerts" && firing > 0 && (
                  <span class="count-badge">
                    {firing}
                    <span class="hidden"> {texts.firing}</span>
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}
