import type { Container } from "./container.ts";
import type { Event } from "./event.ts";
import type { Fleet, FleetRevision, GameServerSet } from "./fleet.ts";
import type { FleetAutoscaler } from "./fleet-autoscaler.ts";
import type { GameServer } from "./game-server.ts";
import type { Image } from "./image.ts";
import type { Network } from "./network.ts";
import type { Node } from "./node.ts";
import type { Room } from "./room.ts";
import type { Service } from "./service.ts";

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export type Labels = { readonly [key: string]: string };

/** Kubernetes' ObjectMeta, as far as it means something here. Times are RFC 3339. */
export interface ObjectMeta {
  readonly name: string;
  readonly generateName?: string;
  /** "" for cluster-scoped kinds. */
  readonly namespace: string;
  readonly uid: string;
  /** The revision of the last write, in decimal; compared on every update. */
  readonly resourceVersion: string;
  /** Counts changes of `spec`. */
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** What every kind has in common. Resources are values: a change makes a new object. */
export interface ResourceOf<K extends string, Spec, Status> {
  readonly apiVersion: string;
  readonly kind: K;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly status: Status;
}

/** The stored kinds. GameServerAllocation is not stored: it is a request. */
export interface Kinds {
  GameServer: GameServer;
  GameServerSet: GameServerSet;
  Fleet: Fleet;
  FleetRevision: FleetRevision;
  FleetAutoscaler: FleetAutoscaler;
  Container: Container;
  Service: Service;
  Network: Network;
  Image: Image;
  Node: Node;
  Room: Room;
}
export type Kind = keyof Kinds;
export type Resource = Kinds[Kind];
/** Kinds that the API serves; Events are read-only and live in a file of their own. */
export type ServedKind = Kind | "Event";
export type ServedResource = Resource | Event;

export interface Ref {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

export function refOf(resource: Pick<Resource, "kind" | "metadata">): Ref {
  const { namespace, name } = resource.metadata;
  return { kind: resource.kind, namespace, name };
}

/** `Fleet/default/arena`; cluster-scoped: `Node//a`. Unique over all stored resources. */
export function keyOf({ kind, namespace, name }: Ref): string {
  return `${kind}/${namespace}/${name}`;
}
