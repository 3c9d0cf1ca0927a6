import type { JSX } from "preact";

const PATHS = {
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  share: "M12 15V4M8 8l4-4 4 4M5 13v6h14v-6",
  edit: "M4 20l1-4L16 5l3 3L8 19l-4 1",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
  redo: "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h4",
  turn: "M19 12a7 7 0 1 1-2-5M17 3v4h-4",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 6",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  send: "M4 12l16-7-5 15-4-6z",
  door: "M13 4H6v16h7M10 12h11M17 8l4 4-4 4",
} as const;

/** A drawn sign; what it means stands beside it or in the button's label. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
