import { randomBytes } from "node:crypto";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { MapHead } from "./collections.ts";
import { mayOwn, type Role } from "./decide-access.ts";
import { changed, type Settings } from "./decide-history.ts";
import type { Heads } from "./heads.ts";
import { type Asking, digestOf, type Seen } from "./maps.ts";
import type { Removal } from "./removal.ts";

export interface OwningOptions {
  readonly heads: Heads;
  readonly removal: Removal;
  readonly now: () => number;
  readonly logger: Logger;
}

export const MEMBERS_MAX = 100;

/** Who may see, enter and change a map: what its creator says. */
export class Owning {
  readonly #options: OwningOptions;

  constructor(options: OwningOptions) {
    this.#options = options;
  }

  /** Safe to repeat. */
  async publish(id: string, published: boolean, asking: Asking): Promise<Seen> {
    return await this.#change(id, asking, mayOwn, (head) =>
      head.published === published ? undefined : { published },
    );
  }

  /** Safe to repeat. */
  async addMember(id: string, member: string, asking: Asking): Promise<Seen> {
    return await this.#change(id, asking, mayOwn, ({ members, creator }) => {
      if (member === creator || members.includes(member)) return undefined;
      if (members.length >= MEMBERS_MAX) throw new FleetError("FORBIDDEN", "too many members");
      return { members: [...members, member] };
    });
  }

  /** Safe to repeat. Members may go by themselves. */
  async removeMember(id: string, member: string, asking: Asking): Promise<Seen> {
    const may = (role: Role): boolean =>
      mayOwn(role) || (role === "member" && member === asking.userId);
    return await this.#change(id, asking, may, ({ members }) =>
      members.includes(member) ? { members: members.filter((one) => one !== member) } : undefined,
    );
  }

  /** A new key, which is shown once: only its digest is kept. The old one opens nothing any more. */
  async newLink(id: string, asking: Asking): Promise<Seen & { readonly link: string }> {
    const link = randomBytes(16).toString("base64url");
    const seen = await this.#change(id, asking, mayOwn, () => ({ link: digestOf(link) }));
    return { ...seen, link };
  }

  /** Safe to repeat. */
  async endLink(id: string, asking: Asking): Promise<Seen> {
    return await this.#change(id, asking, mayOwn, ({ link }) =>
      link === undefined ? undefined : { link: undefined },
    );
  }

  /** From now on it is not there any more; what it was made of goes behind that. */
  async delete(id: string, { userId, signal }: Asking): Promise<Seen> {
    const { heads, removal, now, logger } = this.#options;
    const decide = ({ head }: Seen) => {
      const { listed_at: _, ...rest } = head;
      return { head: { ...rest, version: head.version + 1, deleted_at: now() }, dropped: [] };
    };
    const seen = await heads.swap({ id, userId, signal, may: mayOwn, decide });
    await removal.finish(id, seen.head).catch((error) => {
      logger.warn({ map: id, because: messageOf(error) }, "a deleted map is cleared away later");
    });
    return seen;
  }

  async #change(
    id: string,
    { userId, signal }: Asking,
    may: (role: Role) => boolean,
    decide: (head: MapHead) => Settings | undefined,
  ): Promise<Seen> {
    const { heads, now } = this.#options;
    return await heads.swap({
      ...{ id, userId, signal, may },
      decide: ({ head }) => {
        const settings = decide(head);
        return settings && { head: changed(head, settings, now()), dropped: [] };
      },
    });
  }
}
