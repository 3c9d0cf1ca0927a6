import type { Texts } from "../../texts/texts.ts";

/** The kinds of things that the page offers; services take any. */
export const CATEGORIES = ["furniture", "plant", "decor", "other"] as const;

export function categoryText(texts: Texts, id: string): string {
  const names: Readonly<Record<string, string>> = {
    furniture: texts.categoryFurniture,
    plant: texts.categoryPlant,
    decor: texts.categoryDecor,
    other: texts.categoryOther,
  };
  return names[id] ?? id;
}
