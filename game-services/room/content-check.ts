import { badRequest } from "../service/envelope.ts";
import type { Assets } from "./assets.ts";
import type { MapContent } from "./collections.ts";
import { assetProblems, contentProblems, newAssets, placingProblems } from "./decide-content.ts";

/** On whose behalf assets are asked for. */
export interface Asker {
  readonly token: string;
  readonly signal: AbortSignal;
}

/** The checks of one request. It may be asked again, on another content: assets are asked for once. */
export class ContentCheck {
  readonly #assets: Assets;
  readonly #asker: Asker;
  readonly #usable = new Set<string>();

  constructor(assets: Assets, asker: Asker) {
    this.#assets = assets;
    this.#asker = asker;
  }

  /**
   * Throws BAD_REQUEST with all that is wrong with a content, and with the assets that are new on it. What a map shows
   * already it may go on showing, whatever became of the asset.
   */
  async demand(
    next: MapContent,
    before: MapContent | undefined,
    isPlacing: boolean = false,
  ): Promise<void> {
    const problems = contentProblems(next);
    const told = (all: typeof problems) => badRequest(isPlacing ? placingProblems(all, next) : all);
    if (problems.length > 0) throw told(problems);
    const asked = newAssets(before, next).filter((id) => !this.#usable.has(id));
    const { token, signal } = this.#asker;
    const refused = await this.#assets.refused(asked, token, signal);
    if (refused.size > 0) throw told(assetProblems(next, refused));
    for (const id of asked) this.#usable.add(id);
  }
}
