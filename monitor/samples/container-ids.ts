import type { Container } from "../../core/model/container.ts";
import { containerIdOf } from "../../core/model/container-plan.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { ResourceStore } from "../../store/resource-store.ts";

interface Place {
  readonly kind: "GameServer" | "Container";
  readonly namespace: string;
  readonly name: string;
}

/** Which resource a container runs for. Follows only what comes and goes: an allocation costs it nothing. */
export class ContainerIds implements Disposable {
  readonly #store: ResourceStore;
  readonly #places = new Map<string, Place>();
  readonly #following: Disposable;

  constructor(store: ResourceStore) {
    this.#store = store;
    for (const kind of ["GameServer", "Container"] as const)
      for (const resource of store.list(kind)) this.#follow(undefined, resource);
    this.#following = store.onHead((before, after) => this.#follow(before, after));
  }

  resourceOf(id: string): GameServer | Container | undefined {
    const place = this.#places.get(id);
    return place && this.#store.get(place.kind, place.namespace, place.name);
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    if (before && after) return;
    const one = after ?? before;
    if (one?.kind !== "GameServer" && one?.kind !== "Container") return;
    const { namespace, name, uid } = one.metadata;
    const id = containerIdOf(uid);
    if (after) this.#places.set(id, { kind: one.kind, namespace, name });
    else this.#places.delete(id);
  }
}
