import { admit } from "../../core/model/admit.ts";
import type { Container } from "../../core/model/container.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import {
  SERVICE_LABEL,
  type Service,
  type ServiceScalingStatus,
  type ServiceStatus,
  serviceOwnerOf,
  TEMPLATE_LABEL,
} from "../../core/model/service.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { sameJson } from "../../core/std/json.ts";
import type { Write } from "../../store/resource-store.ts";
import {
  decideService,
  type ServiceAction,
  serviceCountsOf,
  templateHashOf,
} from "../decide/service.ts";
import { decideServiceGrant } from "../decide/service-grant.ts";
import {
  type ControllerContext,
  deletionOf,
  recordOn,
  tryCommit,
  updateOf,
  withStatus,
} from "./context.ts";
import type { Pass } from "./controller.ts";
import { SCALE_EVERY_MS, type ServiceScaler } from "./service-scaler.ts";

const GRANT_AGAIN_MS = 1_000;

/** Brings one service to its replicas, one step of a rolling update at a time; replicas of one that is gone go, too. */
export async function reconcileService(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
  scaler: ServiceScaler,
): Promise<Pass> {
  const service = context.store.get("Service", namespace, name);
  const all = context.world.replicasOf(namespace, name);
  const own = all.filter((one) => serviceOwnerOf(one.metadata)?.uid === service?.metadata.uid);
  const isMore = await endOrphans(
    context,
    all.filter((one) => !own.includes(one) && !one.metadata.deletionTimestamp),
  );
  if (!service) {
    scaler.forget(context);
    return isMore ? { againInMs: 0 } : {};
  }
  const scaled = await scaler.look(context, service, own);
  if (scaled?.isChanged) return { againInMs: 0 };
  const { limits, errorDelayMs } = context.options;
  const { actions, retryInMs } = decideService(service, own, {
    isLost: ({ status }) => context.store.get("Node", "", status.nodeName)?.status.lost === true,
    endedForMs: (container) => context.clock.now() - endOf(container),
    endedDelayMs: errorDelayMs,
    creationsMax: limits.creationsMax,
    deletionsMax: limits.shutdownsMax,
  });
  for (const action of actions) await apply(context, service, action);
  const waits = service.status.reason === undefined ? [] : [GRANT_AGAIN_MS];
  if (scaled) waits.push(SCALE_EVERY_MS);
  const due = [...waits, ...(retryInMs === undefined ? [] : [retryInMs]), ...(isMore ? [0] : [])];
  return {
    ...(due.length > 0 ? { againInMs: Math.min(...due) } : {}),
    status: () => writeStatus(context, namespace, name, scaled?.status),
  };
}

/** When a replica ended; one that never ran counts from when it was made. */
function endOf({ status, metadata }: Container): number {
  return Date.parse(status.container?.finishedAt ?? metadata.creationTimestamp);
}

async function endOrphans(
  context: ControllerContext,
  orphans: readonly Container[],
): Promise<boolean> {
  const { shutdownsMax } = context.options.limits;
  const now = rfc3339(context.clock.now());
  for (const orphan of orphans.slice(0, shutdownsMax))
    await tryCommit(context, [deletionOf(orphan, now)], {
      reason: "Deleted",
      message: "its service is gone",
    });
  return orphans.length > shutdownsMax;
}

async function apply(
  context: ControllerContext,
  service: Service,
  action: ServiceAction,
): Promise<void> {
  const { because } = action;
  const { replicas } = service.spec;
  if (action.do === "delete") {
    const { container } = action;
    const { name } = container.metadata;
    const message = `replica ${name} goes; ${replicas} wanted`;
    const deletion = deletionOf(container, rfc3339(context.clock.now()));
    if (await tryCommit(context, [deletion], { reason: because, message }))
      recordOn(context, service, because, message);
    return;
  }
  const containers = Array.from({ length: action.count }, () => replicaOf(context, service));
  const writes = containers.map((object): Write => ({ op: "create", object }));
  const message = `made ${counted(action.count)}; ${replicas} wanted`;
  if (await tryCommit(context, writes, { reason: because, message }))
    recordOn(context, service, because, message);
}

const counted = (count: number): string => (count === 1 ? "1 replica" : `${count} replicas`);

/** A Container as the template says, owned and labelled. */
function replicaOf(context: ControllerContext, service: Service): Container {
  const { name, namespace, uid } = service.metadata;
  const { template } = service.spec;
  const apiVersion = apiVersionOf("Service");
  const owner = { apiVersion, kind: "Service", name, uid, controller: true };
  const metadata = {
    generateName: `${name}-`,
    namespace,
    labels: {
      ...template.metadata?.labels,
      [SERVICE_LABEL]: name,
      [TEMPLATE_LABEL]: templateHashOf(template),
    },
    annotations: { ...template.metadata?.annotations },
    ownerReferences: [{ ...owner, blockOwnerDeletion: true }],
  };
  const kind = "Container";
  const input = { apiVersion: apiVersionOf(kind), kind, metadata, spec: template.spec };
  const admitted = admit(input, {
    kind,
    namespace,
    now: rfc3339(context.clock.now()),
    uid: context.newUid(),
    fieldValidation: "Ignore",
  });
  return admitted.object as Container;
}

/** Counts, and the address and host ports that it is given or waits for: compared and committed in one turn. */
async function writeStatus(
  context: ControllerContext,
  namespace: string,
  name: string,
  autoscaling: ServiceScalingStatus | undefined,
): Promise<void> {
  const { store, world, options } = context;
  const service = store.get("Service", namespace, name);
  if (!service) return;
  const { uid } = service.metadata;
  const own = world
    .replicasOf(namespace, name)
    .filter((one) => serviceOwnerOf(one.metadata)?.uid === uid);
  const grant = decideServiceGrant(service, {
    pool: options.servicePool,
    addresses: new Set(store.list("Service").map(({ status }) => status.address)),
    portHolder: (port) => world.nodes.portHolder(port),
    ownPorts: world.nodes.ownPorts,
  });
  const status: ServiceStatus = {
    ...serviceCountsOf(service, own),
    ...grant,
    ...(autoscaling ? { autoscaling } : {}),
  };
  if (sameJson(status, service.status)) return;
  const isSaid = status.message === service.status.message;
  if (!(await tryCommit(context, [updateOf(service, withStatus(service, status))]))) return;
  const { reason, message } = grant;
  if (reason && message && !isSaid) recordOn(context, service, reason, message, "Warning");
}
