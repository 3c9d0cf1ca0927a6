import { createHash } from "node:crypto";
import { expectThat } from "../generator/http-client.ts";
import type { Account } from "./account.ts";
import { pictureForm, pictureOf } from "./picture.ts";

interface AssetShown {
  readonly asset_id: string;
  readonly owner: string;
  readonly name: string;
  readonly thumbnail?: string;
  readonly visibility: string;
}

/** The things that one player makes. */
export class Assets {
  readonly #account: Account;
  readonly #name: string;

  constructor(account: Account, n: number) {
    this.#account = account;
    this.#name = `Old well ${n}`;
  }

  async make(): Promise<string> {
    const body = { name: this.#name, category_id: "furniture", price: 30 };
    const asked = { ...this.#account.asking, method: "POST", body, status: 201 } as const;
    return this.#own(await this.#account.backend.told<AssetShown>(this.#url(""), asked)).asset_id;
  }

  /** Returns the picture's digest, by which everybody finds it. */
  async picture(id: string): Promise<string> {
    const picture = pictureOf(`${this.#account.backend.options.run} ${this.#account.userId}`);
    const asked = { ...this.#account.asking, method: "PUT", ...pictureForm(picture) } as const;
    const url = this.#url(`/${id}/thumbnail`);
    const { thumbnail } = this.#own(await this.#account.backend.told<AssetShown>(url, asked));
    const digest = digestOf(picture);
    expectThat(thumbnail === `/thumbnails/${digest}`, "another picture");
    return digest;
  }

  async publish(id: string): Promise<void> {
    const asked = { ...this.#account.asking, method: "POST", body: {} } as const;
    const shown = await this.#account.backend.told<AssetShown>(this.#url(`/${id}/publish`), asked);
    expectThat(this.#own(shown).visibility === "public", "not published");
  }

  /** What others find: the player's thing is among it, with its picture. */
  async list(id: string, digest: string): Promise<void> {
    const url = this.#url(`?owner=${this.#account.userId}`);
    const { items } = await this.#account.backend.told<{ readonly items: readonly AssetShown[] }>(
      url,
      this.#account.asking,
    );
    const found = items.find((one) => one.asset_id === id);
    expectThat(found !== undefined, "the list lacks what was published");
    expectThat(this.#own(found).thumbnail === `/thumbnails/${digest}`, "another picture");
  }

  async readPicture(digest: string): Promise<void> {
    const { http, options } = this.#account.backend;
    const url = `${options.assetUrl}/thumbnails/${digest}`;
    const bytes = await http.bytes(url, { ...this.#account.asking, status: 200 });
    expectThat(digestOf(bytes) === digest, "a picture that was changed");
  }

  async delete(id: string): Promise<void> {
    const asked = { ...this.#account.asking, method: "DELETE" } as const;
    await this.#account.backend.told(this.#url(`/${id}`), asked);
  }

  #own(shown: AssetShown): AssetShown {
    expectThat(shown.owner === this.#account.userId, "somebody else's asset");
    expectThat(shown.name === this.#name, "an asset of another name");
    return shown;
  }

  #url(below: string): string {
    return `${this.#account.backend.options.assetUrl}/assets${below}`;
  }
}

const digestOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
