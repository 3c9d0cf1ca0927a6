import { allocatableOf, type Node, type NodeStatus } from "../../core/model/node.ts";
import { sameJson } from "../../core/std/json.ts";

/** What was heard of a node; monotonic milliseconds. */
export interface Hearing {
  /** Since the last heartbeat. */
  readonly silentMs: number;
  /** Since its heartbeats began to come again without a gap. */
  readonly steadyMs: number;
  /** How often it fell silent lately. */
  readonly silences: number;
}
export interface NodeBounds {
  readonly notReadyAfterMs: number;
  readonly lostAfterMs: number;
  /** A node that fell silent twice lately must be heard for this long first; the double for each further time. */
  readonly settleMs: number;
  readonly settleMaxMs: number;
}
/** Worse is larger. */
export type NodeStage = 0 | 1 | 2;
export const READY: NodeStage = 0;
export const NOT_READY: NodeStage = 1;
export const LOST: NodeStage = 2;

/** How a node counts: Ready while its heartbeats come, and steadily so where they came and went before. */
export function decideNodeStage(
  { silentMs, steadyMs, silences }: Hearing,
  { notReadyAfterMs, lostAfterMs, settleMs, settleMaxMs }: NodeBounds,
): NodeStage {
  if (silentMs >= lostAfterMs) return LOST;
  if (silentMs >= notReadyAfterMs) return NOT_READY;
  return steadyMs < settleFor(silences, settleMs, settleMaxMs) ? NOT_READY : READY;
}

/** One silence happens; a node that comes and goes must not pull its servers back and forth. */
function settleFor(silences: number, settleMs: number, settleMaxMs: number): number {
  return silences < 2 ? 0 : Math.min(settleMs * 2 ** (silences - 2), settleMaxMs);
}

export function stageOfNode({ status }: Node): NodeStage {
  if (status.ready) return READY;
  return status.lost ? LOST : NOT_READY;
}

/** The node's status at a stage. Says how long it must be heard, not how long it has been: it is written once. */
export function statusAtStage(
  status: NodeStatus,
  stage: NodeStage,
  { silentMs, silences }: Hearing,
  bounds: NodeBounds,
): NodeStatus {
  const { lost: _l, message: _m, ...kept } = status;
  if (stage === READY) return { ...kept, ready: true };
  const isSilent = silentMs >= bounds.notReadyAfterMs;
  const settle = settleFor(silences, bounds.settleMs, bounds.settleMaxMs) / 1_000;
  const after = (stage === LOST ? bounds.lostAfterMs : bounds.notReadyAfterMs) / 1_000;
  const message = isSilent
    ? `no heartbeat for ${after} s`
    : `fell silent ${silences} times lately: its heartbeats must come for ${settle} s first`;
  return { ...kept, ready: false, ...(stage === LOST ? { lost: true } : {}), message };
}

/** True when a change of the node makes no difference to what may be placed there. */
export function takesTheSame(before: Node, after: Node): boolean {
  const facts = ({ spec, status, metadata }: Node): unknown => [
    [status.ready, spec.unschedulable, spec.drain !== undefined],
    [metadata.labels ?? {}, status.portRange, allocatableOf({ status })],
  ];
  return sameJson(facts(before), facts(after));
}
