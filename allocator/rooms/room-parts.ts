import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { SelectorIndexes } from "../selector-indexes.ts";
import type { WaitingLine } from "../waiting-line.ts";
import type { JoinSigner } from "./join-tokens.ts";
import { RoomBook } from "./room-book.ts";
import { RoomKeeper, type TurningKeys } from "./room-keeper.ts";
import type { RoomObserver } from "./room-observer.ts";
import { Rooms } from "./rooms.ts";

export interface RoomPartsOptions {
  readonly store: ResourceStore;
  readonly indexes: SelectorIndexes;
  readonly line: WaitingLine;
  readonly keys: JoinSigner & TurningKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: RoomObserver;
}

/** The verbs of rooms, and the loop that keeps them, over one store. */
export class RoomParts implements Disposable {
  readonly rooms: Rooms;
  readonly keeper: RoomKeeper;
  readonly #book: RoomBook;

  constructor(options: RoomPartsOptions) {
    const { store, line, keys } = options;
    const book = new RoomBook(store, () => line.wake());
    const parts = { ...options, book };
    const newJti = (): string => randomBytes(JTI_BYTES).toString("base64url");
    this.#book = book;
    this.rooms = new Rooms({ ...parts, signer: keys, newUid: randomUUID, letters, newJti });
    this.keeper = new RoomKeeper(parts);
  }

  [Symbol.dispose](): void {
    this.#book[Symbol.dispose]();
  }
}

const JTI_BYTES = 16;
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
/** Bytes from here on would make the first letters likelier than the others. */
const FAIR_BYTES = 256 - (256 % LETTERS.length);

function letters(count: number): string {
  let text = "";
  while (text.length < count)
    for (const byte of randomBytes(count))
      if (byte < FAIR_BYTES && text.length < count) text += LETTERS[byte % LETTERS.length];
  return text;
}
