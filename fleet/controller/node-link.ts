import type { Container } from "../../core/model/container.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type {
  HeartbeatAnswer,
  LinkResult,
  Report,
  SdkCall,
  Subject,
} from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import { isDataVerb, type SdkDataVerb } from "../../core/model/sdk-data.ts";
import type { Usage } from "../../core/model/usage.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import { sameJson } from "../../core/std/json.ts";
import {
  decideContainerReport,
  decideGameServerReport,
  type NodeAddress,
} from "../decide/report.ts";
import { decideSdkCall, type SdkTime } from "../decide/sdk-call.ts";
import { decideSdkData } from "../decide/sdk-data.ts";
import { type ControllerContext, recordOn, removalOf, updateOf } from "./context.ts";
import { ERRORED_AT } from "./game-server-set-controller.ts";
import { NodeKeeper } from "./node-keeper.ts";
import { UsageWindow } from "./usage-window.ts";

/** The control plane's end of the link: what nodes say becomes state, answered after the commit. */
export class NodeLink {
  readonly #context: ControllerContext;
  readonly #nodes: NodeKeeper;
  /** What the nodes' containers used in the last seconds. */
  readonly measured: UsageWindow;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.measured = new UsageWindow(context.clock);
    this.#nodes = new NodeKeeper(context);
  }

  /** Keeps what the node says of itself. */
  async heartbeat(name: string, status: NodeStatus): Promise<HeartbeatAnswer> {
    await this.#nodes.heartbeat(name, status);
    return { lostAfterMs: this.#context.options.nodes.lostAfterMs };
  }

  /** Milliseconds since a node's last heartbeat, or since the start. */
  silentMs(name: string): number {
    return this.#nodes.silentMs(name);
  }

  /** A machine becomes node `name`; it keeps the digest of the machine's credential. */
  async join(name: string, credentialDigest: string): Promise<void> {
    await this.#nodes.join(name, credentialDigest);
  }

  /** Marks nodes whose heartbeats stopped; called by a timer. */
  async checkNodes(): Promise<void> {
    await this.#nodes.check();
  }

  /** Keeps what a node measured for a while; nothing is committed. */
  usage(node: string, usage: Usage): void {
    this.measured.take(node, usage);
  }

  async reports(node: string, reports: readonly Report[]): Promise<readonly LinkResult[]> {
    return await inTurns(reports, (report) =>
      this.#answer(async () => void (await this.#report(node, report))),
    );
  }

  async sdk(node: string, calls: readonly SdkCall[]): Promise<readonly LinkResult[]> {
    return await inTurns(calls, (call) => this.#answer(() => this.#sdk(node, call)));
  }

  /**
   * One item's result. A bug that one meets must not fail its batch, which is sent again for as long as that fails; a
   * broken disk must, since what was not kept is to be said again.
   */
  async #answer(act: () => Promise<Answer | undefined>): Promise<LinkResult> {
    try {
      return { ok: true, ...(await act()) };
    } catch (error) {
      if (isFleetError(error)) return { ok: false, code: error.code, message: error.message };
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      this.#context.logger.error({ error }, "what a node said could not be taken");
      return { ok: false, code: "INTERNAL", message: messageOf(error) };
    }
  }

  async #report(node: string, report: Report): Promise<void> {
    const found = this.#find(report.subject, node);
    if (!found) return;
    const decision =
      found.kind === "GameServer"
        ? decideGameServerReport(found, report, this.#addressOf(node))
        : decideContainerReport(found, report);
    if (decision.do === "nothing") return;
    if (decision.do === "remove") {
      const cause = { by: `node ${node}`, reason: decision.because };
      await this.#context.store.commit([removalOf(found)], undefined, cause);
      recordOn(this.#context, found, decision.because, "removed");
      return;
    }
    const next = { ...found, status: decision.status } as GameServer | Container;
    if (sameJson(next.status, found.status)) return;
    const { because: reason, message } = decision;
    const cause = { by: `node ${node}`, reason, message };
    const write = updateOf(found, erroredAt(next, this.#context));
    await this.#context.store.commit([write], undefined, cause);
    if (decision.because === "Updated") return;
    const isBad = ["Unhealthy", "Error", "Failed", "Backoff"].includes(stageOf(next));
    recordOn(
      this.#context,
      found,
      decision.because,
      decision.message || `is ${stageOf(next)} on node ${node}`,
      isBad ? "Warning" : "Normal",
    );
  }

  async #sdk(node: string, call: SdkCall): Promise<Answer | undefined> {
    const found = this.#find(call.subject, node);
    if (found?.kind !== "GameServer")
      throw new FleetError(
        "NOT_FOUND",
        `game server ${call.subject.namespace}/${call.subject.name} is not on node ${node}`,
      );
    if (isDataVerb(call)) return await this.#sdkData(found, call);
    const decision = decideSdkCall(found, call, this.#time());
    if (!decision) return undefined;
    const by = call.verb === "health" ? "health check" : "game";
    const cause = { by, reason: decision.because, message: decision.message };
    const write = updateOf(found, decision.server, decision.delta);
    await this.#context.store.commit([write], undefined, cause);
    recordOn(
      this.#context,
      found,
      decision.because,
      decision.message,
      decision.because === "HealthFailed" ? "Warning" : "Normal",
    );
    const { state, address } = decision.server.status;
    if (call.verb === "ready" && state === "Ready")
      recordOn(this.#context, found, "Ready", `is Ready at ${address}`);
    return undefined;
  }

  /** Decided on the head and answered after its commit, so that what was answered is what everybody reads. */
  async #sdkData(found: GameServer, call: SdkDataVerb & { readonly id: string }): Promise<Answer> {
    const { store } = this.#context;
    const { answer: object, change } = decideSdkData(found, call, call.id);
    if (!change) {
      await store.settled();
      return { object, revision: found.metadata.resourceVersion };
    }
    const cause = { by: "game", reason: change.because, message: change.message };
    const write = updateOf(found, change.server, change.delta);
    const [kept] = await store.commit([write], undefined, cause);
    recordOn(this.#context, found, change.because, change.message);
    return { object, revision: (kept ?? found).metadata.resourceVersion };
  }

  #find({ kind, namespace, name, uid }: Subject, node: string): GameServer | Container | undefined {
    const found = this.#context.store.get(kind, namespace, name);
    return found?.metadata.uid === uid && found.status.nodeName === node ? found : undefined;
  }

  #addressOf(name: string): NodeAddress {
    const status = this.#context.store.get("Node", "", name)?.status;
    return { address: status?.address ?? "", addresses: status?.addresses ?? [] };
  }

  #time(): SdkTime {
    const ms = this.#context.clock.now();
    // Written in whole seconds, and never shorter than asked for.
    return { now: rfc3339(ms), after: (seconds) => rfc3339(ms + seconds * 1000 + 999) };
  }
}

/** Agones' annotation on a server in Error, from which its delay is counted. */
function erroredAt<R extends GameServer | Container>(next: R, { clock }: ControllerContext): R {
  if (next.kind !== "GameServer" || next.status.state !== "Error") return next;
  const annotations = { ...next.metadata.annotations, [ERRORED_AT]: rfc3339(clock.now()) };
  return { ...next, metadata: { ...next.metadata, annotations } };
}

function stageOf(resource: GameServer | Container): string {
  return resource.kind === "GameServer" ? resource.status.state : resource.status.phase;
}

/** Items of a batch that are begun in one turn of the loop: who asks for a game server does not wait for all 500. */
const TURN_ITEMS = 50;

/** Begins the items in their order, a few per turn; resolves when all are done. */
async function inTurns<T>(
  items: readonly T[],
  act: (item: T) => Promise<LinkResult>,
): Promise<readonly LinkResult[]> {
  const begun: Promise<readonly LinkResult[]>[] = [];
  for (let from = 0; from < items.length; from += TURN_ITEMS) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    const some = Promise.all(items.slice(from, from + TURN_ITEMS).map(act));
    // Whoever waits for all of them learns of a failure; until then it is nobody's.
    some.catch(() => undefined);
    begun.push(some);
  }
  return (await Promise.all(begun)).flat();
}

type Answer = Required<Pick<LinkResult & { readonly ok: true }, "object" | "revision">>;
