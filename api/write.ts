import { closingWrites } from "../allocator/rooms/closing.ts";
import { admit, type FieldValidation } from "../core/model/admit.ts";
import { sessionLimitsOf } from "../core/model/fleet.ts";
import type { Kind, Resource } from "../core/model/resource.ts";
import { refOf } from "../core/model/resource.ts";
import { type Clock, rfc3339 } from "../core/std/clock.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject, sameJson } from "../core/std/json.ts";
import type { Cause, ResourceStore, Write } from "../store/resource-store.ts";

export interface WriteOptions {
  readonly fieldValidation: FieldValidation;
  /** Everything but the write. */
  readonly dryRun: boolean;
  readonly subresource?: "status";
  /** Who asks, for the history. */
  readonly by: string;
}
export interface Written {
  readonly object: Resource;
  /** What was there. */
  readonly before?: Resource;
  readonly warnings: readonly string[];
}
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly by: string;
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

interface Keeping {
  readonly dryRun: boolean;
  readonly cause: Cause;
}

export interface ResourceWriterOptions {
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly newUid: () => string;
}

/** Writes of the API: what comes in is admitted, compared and committed; each answers after its commit. */
export class ResourceWriter {
  readonly #store: ResourceStore;
  readonly #clock: Clock;
  readonly #newUid: () => string;

  constructor(options: ResourceWriterOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#newUid = options.newUid;
  }

  async create(
    kind: Kind,
    namespace: string | undefined,
    input: unknown,
    { fieldValidation, dryRun, by }: WriteOptions,
  ): Promise<Written> {
    const { object, warnings } = admit(input, {
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      now: this.#now(),
      uid: this.#newUid(),
      fieldValidation,
    });
    const { name } = object.metadata;
    if (this.#store.get(kind, object.metadata.namespace, name))
      throw new FleetError("ALREADY_EXISTS", `${nameOf(kind, name)} is there already`);
    const keep = { dryRun, cause: { by, reason: "Created" } } as const;
    return { object: await this.#commit([{ op: "create", object }], object, keep), warnings };
  }

  /** `change` makes the wanted object out of the old one: what was sent, or the old one with a patch on it. */
  async update(
    kind: Kind,
    namespace: string,
    name: string,
    change: (old: Resource) => unknown,
    options: WriteOptions,
  ): Promise<Written> {
    const old = this.#old(kind, namespace, name);
    const input = change(old);
    assertExpected(old, input);
    const { fieldValidation, subresource } = options;
    const { object, warnings } = admit(input, {
      kind,
      namespace,
      now: this.#now(),
      uid: old.metadata.uid,
      old,
      fieldValidation,
      ...(subresource ? { subresource } : {}),
    });
    const { dryRun, by } = options;
    const kept = await this.#put(old, object, { dryRun, cause: { by } });
    return { object: kept, before: old, warnings };
  }

  /**
   * What runs on a node is marked, and goes when the node has ended it. So is a fleet whose held servers get time to end
   * (its drain, or the grace period of the request). Everything else goes at once. Resources that name it as their owner
   * are collected by the controllers.
   */
  async delete(
    kind: Kind,
    namespace: string,
    name: string,
    { dryRun, by, gracePeriodSeconds, preconditions = {} }: DeleteOptions,
  ): Promise<{ readonly object: Resource; readonly isGone: boolean }> {
    const old = this.#old(kind, namespace, name);
    const { uid, resourceVersion } = old.metadata;
    const wanted = { uid, resourceVersion, ...preconditions };
    if (wanted.uid !== uid || wanted.resourceVersion !== resourceVersion)
      throw conflict(kind, name, "the precondition of the deletion does not hold");
    const keep = { dryRun, cause: { by, reason: "Deleted" } } as const;
    if (!endsInTime(old, gracePeriodSeconds)) {
      await this.#commit(this.#deletionOf(old), old, keep);
      return { object: old, isGone: true };
    }
    if (old.metadata.deletionTimestamp !== undefined) {
      await this.#store.settled(Number(resourceVersion));
      return { object: old, isGone: false };
    }
    const metadata = {
      ...old.metadata,
      deletionTimestamp: this.#now(),
      ...(gracePeriodSeconds === undefined
        ? {}
        : { deletionGracePeriodSeconds: gracePeriodSeconds }),
    };
    const object = await this.#put(old, { ...old, metadata } as Resource, keep);
    return { object, isGone: false };
  }

  #now(): string {
    return rfc3339(this.#clock.now());
  }

  #old(kind: Kind, namespace: string, name: string): Resource {
    const old = this.#store.get(kind, namespace, name);
    if (old) return old;
    throw notFound(kind, name);
  }

  /** An update that changes nothing is no write. */
  async #put(old: Resource, object: Resource, keep: Keeping): Promise<Resource> {
    const expected = old.metadata.resourceVersion;
    if (!sameJson(old, object))
      return await this.#commit([{ op: "update", object, expected }], object, keep);
    await this.#store.settled(Number(expected));
    return old;
  }

  /** A room's server is counted down in the same commit. */
  #deletionOf(old: Resource): readonly Write[] {
    if (old.kind === "Room") return closingWrites(this.#store, old);
    return [{ op: "delete", ref: refOf(old), expected: old.metadata.resourceVersion }];
  }

  async #commit(
    writes: readonly Write[],
    object: Resource,
    { dryRun, cause }: Keeping,
  ): Promise<Resource> {
    if (dryRun) return object;
    const [kept] = await this.#store.commit(writes, undefined, cause);
    return kept ?? object;
  }
}

export function notFound(kind: string, name: string): FleetError {
  return new FleetError("NOT_FOUND", `${nameOf(kind, name)} is not there`, { kind, name });
}

function nameOf(kind: string, name: string): string {
  return `${kind} ${JSON.stringify(name)}`;
}

function conflict(kind: string, name: string, why: string): FleetError {
  return new FleetError("CONFLICT", `${nameOf(kind, name)}: ${why}; read it again`, { kind, name });
}

function endsInTime(resource: Resource, gracePeriodSeconds: number | undefined): boolean {
  if (resource.kind !== "Fleet") return runsOnNode(resource);
  return (gracePeriodSeconds ?? sessionLimitsOf(resource).drainSeconds ?? 0) > 0;
}

function runsOnNode(resource: Resource): boolean {
  return (
    (resource.kind === "GameServer" || resource.kind === "Container") &&
    resource.status.nodeName !== ""
  );
}

/** Compare-and-swap: a resourceVersion in the input must be that of what is there. */
function assertExpected({ kind, metadata }: Resource, input: unknown): void {
  const given = isObject(input) && isObject(input.metadata) ? input.metadata : {};
  const { resourceVersion } = given;
  if (resourceVersion === undefined || resourceVersion === null || resourceVersion === "") return;
  if (resourceVersion !== metadata.resourceVersion)
    throw conflict(
      kind,
      metadata.name,
      `it has changed since resourceVersion ${String(resourceVersion)}`,
    );
}
