import type { Texts } from "../../texts/texts.ts";

/** The roles that a person can have, each with what it may do. Pure. */
export function roleOptions(texts: Texts): readonly (readonly [value: string, label: string])[] {
  return [
    ["viewer", texts.roleViewer],
    ["operator", texts.roleOperator],
    ["admin", texts.roleAdmin],
  ];
}

/** The word for a role of a person or a token. Pure. */
export function roleText(role: string, texts: Texts): string {
  const words: Readonly<Record<string, string>> = {
    ...{ viewer: texts.viewer, operator: texts.operator, admin: texts.admin },
    allocate: texts.allocate,
  };
  return words[role] ?? role;
}
