import type { JSX } from "preact";

// Drawn for this page on a grid of 24, one stroke.
const PATHS = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  fleets: "M3 15h8l-2 4H5zM13 15h8l-2 4h-4zM7 13V5l4 8zM17 13V8l3 5z",
  gameservers: "M5 4h14v7H5zM5 13h14v7H5zM8.5 7.5h.01M8.5 16.5h.01",
  containers: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  services: "M12 4v5M12 9l-6 6M12 9l6 6M4 15h5v5H4zM15 15h5v5h-5z",
  nodes: "M4 5h16v11H4zM9 20h6M12 16v4",
  networks: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18",
  rooms: "M6 20V4h12v16M4 20h16M14 12h.01",
  events: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  history: "M4 12a8 8 0 1 1 2.5 5.8M4 20v-4h4M12 8v4l3 2",
  alerts: "M6 17V11a6 6 0 0 1 12 0v6zM4 17h16M10 20h4",
  users:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 3-6 6-6s6 2 6 6M16 4.5a3.5 3.5 0 0 1 0 6M18 14c2 .8 3 3 3 6",
  tokens: "M14 10a4 4 0 1 1-4-4 4 4 0 0 1 4 4zM13 13l7 7M17 17l2-2",
  audit: "M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18h.01",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19",
  moon: "M20 14a8 8 0 1 1-10-10 6.5 6.5 0 0 0 10 10z",
  out: "M14 4h5v16h-5M4 12h11M11 8l4 4-4 4",
  warn: "M12 4l9 16H3zM12 10v4M12 17h.01",
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The two sails: what Flotilla is known by. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b5c8a" />
      <path d="M6 21h9l-2.2 4H8.2zM17.5 21h8.5l-2 4h-4.5z" fill="#fff" />
      <path d="M10.5 19V8l5 11zM21.5 19v-7l4 7z" fill="#8fd0f5" />
    </svg>
  );
}
