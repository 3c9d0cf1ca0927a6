import { FLEET_LABEL } from "../../../core/model/fleet.ts";
import type { Call } from "../../net/call.ts";
import { Failure } from "../../net/failure.ts";
import { pathOf } from "../../net/paths.ts";
import type { RowKind } from "../../net/wire.ts";
import type { Dashboard } from "../shell/dashboard.ts";
import type { Action } from "./action-dialog.tsx";
import { msOf } from "./duration.ts";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** Changes fields of an object, as the command line does. */
async function patch(dashboard: Dashboard, path: string, spec: object): Promise<void> {
  const call: Call = { method: "PATCH", path, body: { spec }, isPatch: true };
  await dashboard.api.call(call);
}

/** `scale` of what has replicas. Held game servers are never removed by it. */
export function scaleAction(
  dashboard: Dashboard,
  kind: "Fleet" | "Service",
  { namespace, name }: Place,
  replicas: number,
): Action {
  const { texts } = dashboard;
  return {
    key: "scale",
    label: texts.scale,
    title: texts.scaleTitle(name),
    about: kind === "Fleet" ? texts.scaleAboutFleet : texts.scaleAboutService,
    ...(kind === "Fleet" ? { touching: { namespace, fleet: name }, ends: "none" } : {}),
    fields: [
      {
        ...{ name: "replicas", label: texts.replicas, value: String(replicas) },
        ...{ type: "number", min: 0, max: 100_000 },
      },
    ],
    run: async ({ replicas: wanted = "" }) => {
      await patch(dashboard, pathOf(kind, { namespace, name, part: "scale" }), {
        replicas: Number(wanted),
      });
      return texts.scaled(name, Number(wanted));
    },
  };
}

export function allocateAction(dashboard: Dashboard, { namespace, name }: Place): Action {
  const { texts } = dashboard;
  return {
    key: "allocate",
    label: texts.allocate,
    title: texts.allocateTitle(name),
    about: texts.allocateAbout,
    touching: { namespace, fleet: name },
    ends: "none",
    run: async () => {
      const body = {
        apiVersion: "allocation.agones.dev/v1",
        kind: "GameServerAllocation",
        spec: { selectors: [{ matchLabels: { [FLEET_LABEL]: name } }] },
      };
      const path = pathOf("GameServerAllocation", { namespace });
      const { status } = await dashboard.api.call<AllocationAnswer>({ method: "POST", path, body });
      if (status.state !== "Allocated") throw new Failure(429, status.message ?? texts.noneReady);
      const [port] = status.ports ?? [];
      return texts.allocatedNote(
        status.gameServerName ?? "",
        `${status.address}${port ? `:${port.port}` : ""}`,
      );
    },
  };
}
interface AllocationAnswer {
  readonly status: {
    readonly state: string;
    readonly gameServerName?: string;
    readonly address?: string;
    readonly ports?: readonly { readonly port: number }[];
    readonly message?: string;
  };
}

/** Holds a rollout, or goes on with it. */
export function pauseAction(
  dashboard: Dashboard,
  { namespace, name }: Place,
  isPaused: boolean,
): Action {
  const { texts } = dashboard;
  return {
    key: "pause",
    label: isPaused ? texts.resume : texts.pause,
    title: isPaused ? texts.resumeTitle(name) : texts.pauseTitle(name),
    about: isPaused ? texts.resumeAbout : texts.pauseAbout,
    touching: { namespace, fleet: name },
    ends: "none",
    run: async () => {
      await patch(dashboard, pathOf("Fleet", { namespace, name }), {
        paused: isPaused ? null : true,
      });
      return isPaused ? texts.resumed(name) : texts.paused(name);
    },
  };
}

/** Ends an object for good; of a game server its fleet makes another. */
export function deleteAction(
  dashboard: Dashboard,
  kind: Exclude<RowKind, "Room">,
  { namespace, name }: Place,
): Action {
  const { texts } = dashboard;
  const about = {
    Fleet: texts.deleteAboutFleet,
    GameServer: texts.deleteAboutServer,
    Container: texts.deleteAboutContainer,
    Service: texts.deleteAboutService,
    Network: texts.deleteAboutNetwork,
    Node: texts.deleteAboutNode,
  }[kind];
  const drain = { name: "drain", label: texts.drainSeconds, value: "", isOptional: true } as const;
  return {
    key: "delete",
    label: kind === "GameServer" ? texts.end : texts.remove,
    title: kind === "GameServer" ? texts.endTitle(name) : texts.deleteTitle(name),
    about,
    isDangerous: true,
    ...(kind === "Fleet" ? { touching: { namespace, fleet: name } } : {}),
    ...(kind === "GameServer" ? { touching: { namespace, name } } : {}),
    ...(kind === "Fleet"
      ? { fields: [{ ...drain, type: "number", min: 0, hint: texts.drainSecondsHint }] }
      : {}),
    run: async ({ drain: seconds = "" }) => {
      const query = { gracePeriodSeconds: seconds };
      await dashboard.api.call({
        method: "DELETE",
        path: pathOf(kind, { namespace, name }),
        query,
      });
      return texts.deleted(name);
    },
  };
}

/** Start, stop and restart of a container. */
export function powerActions(
  dashboard: Dashboard,
  { namespace, name }: Place,
  isRunning: boolean,
): readonly Action[] {
  const { texts } = dashboard;
  const path = pathOf("Container", { namespace, name });
  const start: Action = {
    ...{ key: "start", label: texts.start, title: texts.startTitle(name), about: texts.startAbout },
    run: async () => {
      await patch(dashboard, path, { running: true });
      return texts.started(name);
    },
  };
  const stop: Action = {
    ...{ key: "stop", label: texts.stop, title: texts.stopTitle(name), about: texts.stopAbout },
    isDangerous: true,
    run: async () => {
      await patch(dashboard, path, { running: false });
      return texts.stopped(name);
    },
  };
  const restart: Action = {
    ...{ key: "restart", label: texts.restart, title: texts.restartTitle(name) },
    about: texts.restartAbout,
    run: async () => {
      await patch(dashboard, path, { running: true, restartedAt: new Date().toISOString() });
      return texts.restarted(name);
    },
  };
  return isRunning ? [restart, stop] : [start];
}

/** Cordon, uncordon and drain of a node. */
export function nodeActions(
  dashboard: Dashboard,
  name: string,
  isCordoned: boolean,
): readonly Action[] {
  const { texts } = dashboard;
  const path = pathOf("Node", { name });
  const touching = { node: name };
  const cordon: Action = {
    ...{
      key: "cordon",
      label: texts.cordon,
      title: texts.cordonTitle(name),
      about: texts.cordonAbout,
    },
    ...{ touching, ends: "none" },
    run: async () => {
      await patch(dashboard, path, { unschedulable: true });
      return texts.cordoned(name);
    },
  };
  const uncordon: Action = {
    ...{ key: "uncordon", label: texts.uncordon, title: texts.uncordonTitle(name) },
    ...{ about: texts.uncordonAbout, touching, ends: "none" },
    run: async () => {
      await patch(dashboard, path, { unschedulable: false, drain: null });
      return texts.uncordoned(name);
    },
  };
  const drain: Action = {
    ...{ key: "drain", label: texts.drain, title: texts.drainTitle(name), about: texts.drainAbout },
    ...{ touching, isDangerous: true },
    fields: [
      {
        ...{ name: "deadline", label: texts.deadline, value: "", hint: texts.deadlineHint },
        isOptional: true,
      },
    ],
    run: async ({ deadline = "" }) => {
      const ms = msOf(deadline);
      if (deadline.trim() !== "" && ms === undefined) throw new Failure(422, texts.deadlineWrong);
      const until = ms === undefined ? {} : { deadline: new Date(Date.now() + ms).toISOString() };
      await patch(dashboard, path, { unschedulable: true, drain: until });
      return texts.draining(name);
    },
  };
  return isCordoned ? [uncordon, drain] : [cordon, drain];
}
