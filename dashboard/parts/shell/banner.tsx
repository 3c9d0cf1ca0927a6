import type { JSX } from "preact";
import { useDashboard, useStore, useTexts } from "./dashboard.ts";

/** The stream says something each second; after so long without a word what is shown is old. */
const STALE_MS = 3_500;

/** Says when what is shown is old, and how old. */
export function Banner(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const { heardAtMs, isOpen } = useStore(dashboard.live.state);
  const age = heardAtMs === undefined ? undefined : now - heardAtMs;
  const isStale = age !== undefined && (age > STALE_MS || !isOpen);
  return (
    <div class="banner-place" role="status" aria-live="polite">
      {isStale && (
        <p class="banner">
          <strong>{texts.connectionLost}</strong>{" "}
          <span>{texts.staleFor(Math.max(0, Math.round(age / 1_000)))}</span>
        </p>
      )}
    </div>
  );
}
