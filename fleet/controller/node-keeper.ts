import { apiVersionOf } from "../../core/model/kinds.ts";
import {
  NEVER_HEARD,
  NOT_HEARD,
  type Node,
  type NodeStatus,
  type NodeUse,
} from "../../core/model/node.ts";
import type { Labels } from "../../core/model/resource.ts";
import { AwakeClock } from "../../core/std/awake-clock.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { ownOf, sameJson } from "../../core/std/json.ts";
import type { Cause, Write } from "../../store/resource-store.ts";
import {
  decideNodeStage,
  type Hearing,
  LOST,
  type NodeStage,
  READY,
  stageOfNode,
  statusAtStage,
} from "../decide/node.ts";
import { type ControllerContext, recordOn, tryCommit, updateOf, withStatus } from "./context.ts";
import { takeImages } from "./node-images.ts";

interface Heard {
  /** Monotonic milliseconds. */
  lastAt: number;
  steadySince: number;
  /** When it fell silent, as far as that is lately. */
  silences: readonly number[];
}
/** A silence is forgotten after so long. */
const LATELY_MS = 600_000;
const SILENCES_MAX = 16;
/** A look that comes so late says that this process itself did not run. */
const STALL_MS = 2_500;

/** Keeps the Nodes: what their heartbeats say, whether they still come, and what was placed on each. */
export class NodeKeeper {
  readonly #context: ControllerContext;
  readonly #heard = new Map<string, Heard>();
  /** Time in which this process could hear. */
  readonly #awake: AwakeClock;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#awake = new AwakeClock({ monotonicMs: context.clock.monotonic(), stallMs: STALL_MS });
  }

  /** Milliseconds since its last heartbeat, or since the start. */
  silentMs(name: string): number {
    return this.#now() - (this.#heard.get(name)?.lastAt ?? 0);
  }

  /** Keeps the node's status; makes the Node on its first heartbeat. A heartbeat that says nothing new is not written. */
  async heartbeat(name: string, said: NodeStatus): Promise<void> {
    const { store, options } = this.#context;
    const hearing = this.#hear(name, this.#now());
    await takeImages(this.#context, name, said.images);
    const stage = decideNodeStage(hearing, options.nodes);
    const node = store.get("Node", "", name);
    const status = statusAtStage(keptOf(said, node), stage, hearing, options.nodes);
    if (!node) {
      const object = this.#newNode(name, status);
      await store.commit(
        [{ op: "create", object }],
        undefined,
        byNode(name, "its first heartbeat"),
      );
      return;
    }
    const labels = labelsAfter(node, said.labels ?? {});
    const isSame =
      sameJson({ ...node.status, heartbeatAt: "" }, { ...status, heartbeatAt: "" }) &&
      sameJson(labels, node.metadata.labels ?? {});
    if (isSame) return;
    const next = { ...withStatus(node, status), metadata: { ...node.metadata, labels } };
    const why = stage === stageOfNode(node) ? byNode(name) : byNode(name, status.message ?? HEARD);
    if (await tryCommit(this.#context, [updateOf(node, next)], why))
      this.#tell(node, stage, status.message);
  }

  /**
   * A machine that has a node token becomes node `name`. ALREADY_EXISTS for one that is Ready, and for one that was heard
   * without having joined: it is the control plane's own machine.
   */
  async join(name: string, credential: string): Promise<void> {
    const { store } = this.#context;
    const node = store.get("Node", "", name);
    if (node && isOwnMachine(node))
      throw new FleetError("ALREADY_EXISTS", `node ${name} is the control plane's own machine`, {
        next: "choose another name, or delete the Node if the control plane has moved",
      });
    if (node?.status.ready)
      throw new FleetError("ALREADY_EXISTS", `node ${name} is there and Ready`, {
        next: "choose another name, or delete the Node if its machine is gone",
      });
    const status = { ...(node?.status ?? JOINED), credential };
    const write: Write = node
      ? updateOf(node, withStatus(node, status))
      : { op: "create", object: this.#newNode(name, status) };
    const cause = {
      ...byNode(name, "a machine joined with a node token"),
      reason: "NodeJoined",
    } as const;
    const [joined] = await store.commit([write], undefined, cause);
    if (joined) recordOn(this.#context, joined, "NodeJoined", "a machine joined with a node token");
  }

  /**
   * Marks nodes whose heartbeats stopped, and writes what is placed on each; called by a timer. Only a heartbeat makes a
   * node better, and the nodes of a fresh start get one period of grace.
   */
  async check(): Promise<void> {
    const { store, clock, options, world } = this.#context;
    // A look that comes late was not there to hear: what was said meanwhile waits to be read.
    const now = this.#awake.advance(clock.monotonic());
    for (const node of store.list("Node")) {
      const { name } = node.metadata;
      const heard = this.#heard.get(name);
      const hearing = hearingOf(heard, now);
      const stage = decideNodeStage(hearing, options.nodes);
      const isWorse = stage > stageOfNode(node);
      const silences = hearing.silences + 1;
      const kept = isWorse
        ? statusAtStage(node.status, stage, { ...hearing, silences }, options.nodes)
        : node.status;
      const used = useOf(world.nodes.get(name));
      if (!isWorse && sameJson(used, node.status.used)) continue;
      const next = withStatus(node, { ...kept, used });
      const reason = stage === LOST ? "NodeLost" : "NodeNotReady";
      const why = isWorse ? ({ reason, message: kept.message } as const) : {};
      if ((await tryCommit(this.#context, [updateOf(node, next)], why)) && isWorse)
        this.#tell(node, stage, kept.message);
    }
    for (const name of this.#heard.keys())
      if (!store.get("Node", "", name)) this.#heard.delete(name);
  }

  #now(): number {
    return this.#awake.read(this.#context.clock.monotonic());
  }

  #hear(name: string, now: number): Hearing {
    const before = this.#heard.get(name);
    const wasSilent =
      before && now - before.lastAt >= this.#context.options.nodes.notReadyAfterMs ? [now] : [];
    const silences = [...(before?.silences ?? []), ...wasSilent]
      .filter((at) => now - at < LATELY_MS)
      .slice(-SILENCES_MAX);
    const steadySince = !before || wasSilent.length > 0 ? now : before.steadySince;
    this.#heard.set(name, { lastAt: now, steadySince, silences });
    return { silentMs: 0, steadyMs: now - steadySince, silences: silences.length };
  }

  #tell(node: Node, stage: NodeStage, message: string | undefined): void {
    if (stage === stageOfNode(node)) return;
    if (stage === READY) recordOn(this.#context, node, "NodeReady", HEARD);
    else {
      const because = stage === LOST ? "NodeLost" : "NodeNotReady";
      recordOn(this.#context, node, because, message ?? "", "Warning");
    }
  }

  #newNode(name: string, status: NodeStatus): Node {
    const { clock, newUid } = this.#context;
    return {
      apiVersion: apiVersionOf("Node"),
      kind: "Node",
      metadata: {
        name,
        namespace: "",
        uid: newUid(),
        resourceVersion: "0",
        generation: 1,
        creationTimestamp: rfc3339(clock.now()),
        ...(status.labels ? { labels: status.labels } : {}),
      },
      spec: { unschedulable: false },
      status,
    };
  }
}

const HEARD = "its heartbeats come again";

function byNode(name: string, message?: string): Cause {
  return { by: `node ${name}`, ...(message ? { message } : {}) };
}

const JOINED: NodeStatus = {
  ...NOT_HEARD,
  message: "it has joined and not said anything yet",
};

/** Its agent has the token that `up` made for it; a machine that joined has a credential. */
function isOwnMachine({ status }: Node): boolean {
  return status.credential === undefined && status.heartbeatAt !== NEVER_HEARD;
}

function hearingOf(heard: Heard | undefined, now: number): Hearing {
  const { lastAt, steadySince, silences } = heard ?? {
    lastAt: 0,
    steadySince: 0,
    silences: [],
  };
  return { silentMs: now - lastAt, steadyMs: now - steadySince, silences: silences.length };
}

/** What a heartbeat may say; what is the control plane's own stays as it is. */
function keptOf(said: NodeStatus, node: Node | undefined): NodeStatus {
  const { used: _u, lost: _l, message: _m, credential: _c, ...status } = said;
  const { used, credential } = node?.status ?? {};
  return { ...status, ...(used ? { used } : {}), ...(credential ? { credential } : {}) };
}

/** The agent's labels come and go with its settings; what a person has put on the Node stays, and wins. */
function labelsAfter({ metadata, status }: Node, said: Labels): Labels {
  const others = Object.entries(metadata.labels ?? {}).filter(
    ([key, value]) => ownOf(status.labels, key) !== value,
  );
  return { ...said, ...Object.fromEntries(others) };
}

function useOf(seen: ReturnType<ControllerContext["world"]["nodes"]["get"]>): NodeUse {
  return { cpuMilli: 0, memoryBytes: 0, ...seen?.used, containers: seen?.load ?? 0 };
}
