import type { LinkEvent, LinkKind, LinkResource, LinkService } from "../core/model/link.ts";
import { type Kinds, keyOf, type Resource, refOf } from "../core/model/resource.ts";
import type { Service } from "../core/model/service.ts";
import { sameJson } from "../core/std/json.ts";
import type { StoreEvent } from "../store/resource-store.ts";

/** Kinds that every node hears of; the others only concern the node that they are on. */
const FOR_ALL: ReadonlySet<string> = new Set<LinkKind>(["Service", "Network", "Image"]);
export const LINK_KINDS: readonly LinkKind[] = [
  "GameServer",
  "Container",
  "Service",
  "Network",
  "Image",
];

/** A resource as nodes hear of it: every one hears of every Service, hence not of the environment of its replicas. */
export function toldOf(resource: Kinds[LinkKind]): LinkResource {
  return resource.kind === "Service" ? toldOfService(resource) : resource;
}

function toldOfService({ apiVersion, kind, metadata, spec, status }: Service): LinkService {
  const { annotations: _a, labels: _l, ownerReferences: _o, ...kept } = metadata;
  const { ports, sessionAffinity, template } = spec;
  const { network } = template.spec;
  return {
    ...{ apiVersion, kind, metadata: kept },
    spec: { ports, sessionAffinity, template: { spec: { network } } },
    status: { address: status.address, ports: status.ports },
  };
}

/** The same Service as before for whoever only hears what is told of it. */
function tellsTheSame(before: Service, after: Service): boolean {
  const [was, is] = [toldOfService(before), toldOfService(after)];
  return (
    before.metadata.uid === after.metadata.uid &&
    sameJson(was.spec, is.spec) &&
    sameJson(was.status, is.status)
  );
}

export function isForAll(resource: Resource): boolean {
  return FOR_ALL.has(resource.kind);
}

/** The node that a resource is on; "" when it is on none. */
export function nodeOf(resource: Resource): string {
  return resource.kind === "GameServer" || resource.kind === "Container"
    ? resource.status.nodeName
    : "";
}

/** The nodes that a change concerns; undefined: all of them. */
export function nodesOf(event: StoreEvent): readonly string[] | undefined {
  if (isForAll(event.object)) return undefined;
  const is = nodeOf(event.object);
  const was = event.type === "put" && event.before ? nodeOf(event.before) : "";
  return was === "" || was === is ? [is] : [was, is];
}

/** What one change means to `node`; undefined when it means nothing. Pure. */
export function decideLinkEvent(event: StoreEvent, node: string): LinkEvent | undefined {
  const { object, revision } = event;
  const forAll = isForAll(object);
  const { uid } = object.metadata;
  const isHere = forAll || nodeOf(object) === node;
  if (event.type === "delete")
    return isHere ? { type: "gone", revision, key: keyOf(refOf(object)), uid } : undefined;
  const { before, delta } = event;
  const wasHere = before !== undefined && (forAll || nodeOf(before) === node);
  if (!isHere)
    return wasHere ? { type: "gone", revision, key: keyOf(refOf(object)), uid } : undefined;
  if (object.kind === "Service") {
    const isNews = before?.kind !== "Service" || !tellsTheSame(before, object);
    return isNews ? { type: "put", revision, object: toldOfService(object) } : undefined;
  }
  if (wasHere && delta && before.metadata.uid === uid)
    return { type: "patch", revision, key: keyOf(refOf(object)), uid, patch: delta };
  return { type: "put", revision, object: object as LinkResource };
}
