import type { FleetAutoscaler, FleetAutoscalerStatus } from "../../core/model/fleet-autoscaler.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { sameJson } from "../../core/std/json.ts";
import { decideBuffer } from "../decide/autoscaler.ts";
import { addTallies } from "../decide/tally.ts";
import { type ControllerContext, recordOn, tryCommit, updateOf, withStatus } from "./context.ts";
import type { Pass } from "./controller.ts";

/** Sets a fleet's replicas as its policy wants; called at every change of the fleet's servers, and by a timer as a net. */
export async function reconcileAutoscaler(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
): Promise<Pass> {
  const { store, world } = context;
  const autoscaler = store.get("FleetAutoscaler", namespace, name);
  if (!autoscaler) return {};
  const fleet = store.get("Fleet", namespace, autoscaler.spec.fleetName);
  const againInMs = autoscaler.spec.sync.fixedInterval.seconds * 1000;
  if (!fleet) {
    await writeStatus(context, autoscaler, {
      currentReplicas: 0,
      desiredReplicas: 0,
      ableToScale: false,
      scalingLimited: false,
      reason: "FleetMissing",
      message: `there is no fleet ${autoscaler.spec.fleetName} in namespace ${namespace}`,
    });
    return { againInMs };
  }
  const sets = world.setsOfFleet(namespace, fleet.metadata.name);
  const tally = addTallies(sets.map((set) => world.tallyOfSet(namespace, set.metadata.name)));
  const { desired, limited, message } = decideBuffer(autoscaler.spec, tally.Allocated);
  const now = rfc3339(context.clock.now());
  const current = fleet.spec.replicas;
  const isScaled = desired !== current;
  if (isScaled) {
    const metadata = { ...fleet.metadata, generation: fleet.metadata.generation + 1 };
    const next = { ...fleet, metadata, spec: { ...fleet.spec, replicas: desired } };
    const delta = { spec: { replicas: desired }, metadata: { generation: metadata.generation } };
    if (!(await tryCommit(context, [updateOf(fleet, next, delta)]))) return { againInMs: 0 };
    recordOn(
      context,
      fleet,
      desired > current ? "ScaleUp" : "ScaleDown",
      `from ${current} to ${desired} replicas: ${message}`,
    );
  }
  const lastScaleTime = isScaled ? now : autoscaler.status.lastScaleTime;
  const reason = limited ? "ScalingLimited" : desired >= current ? "ScaleUp" : "ScaleDown";
  const status = {
    currentReplicas: current,
    desiredReplicas: desired,
    ...(lastScaleTime ? { lastScaleTime } : {}),
    ableToScale: true,
    scalingLimited: limited,
    lastAppliedPolicy: autoscaler.spec.policy.type,
    ...(isScaled
      ? { reason }
      : autoscaler.status.reason
        ? { reason: autoscaler.status.reason }
        : {}),
    message,
  };
  return { againInMs, status: () => writeStatus(context, autoscaler, status) };
}

async function writeStatus(
  context: ControllerContext,
  { metadata }: FleetAutoscaler,
  status: FleetAutoscalerStatus,
): Promise<void> {
  const now = context.store.get("FleetAutoscaler", metadata.namespace, metadata.name);
  if (!now || sameJson(now.status, status)) return;
  await tryCommit(context, [updateOf(now, withStatus(now, status))]);
}
