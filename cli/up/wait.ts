import type { Container } from "../../core/model/container.ts";
import type { Fleet } from "../../core/model/fleet.ts";
import type { Node, NodeStatus } from "../../core/model/node.ts";
import { SERVICE_LABEL, type Service } from "../../core/model/service.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";

export interface Patience {
  readonly clock: Clock;
  readonly pauseMs: number;
  readonly patienceMs: number;
}

/** Asks until there is an answer, or patience or `signal` ends; undefined means: not yet. */
async function until<T>(
  { clock, pauseMs, patienceMs }: Patience,
  signal: AbortSignal,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const began = clock.monotonic();
  while (clock.monotonic() - began < patienceMs) {
    signal.throwIfAborted();
    const found = await ask();
    if (found !== undefined) return found;
    await clock.sleep(pauseMs, signal);
  }
  return undefined;
}

/** Answers of a control plane that is on its way up. */
function isEarly(error: unknown): boolean {
  return isFleetError(error, "UNAVAILABLE") || isFleetError(error, "NOT_FOUND");
}

async function early<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isEarly(error)) return undefined;
    throw error;
  }
}

export async function waitForApi(
  api: ApiClient,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const found = await until(patience, signal, () =>
    early(() => api.request({ method: "GET", path: "/readyz" })),
  );
  if (!found) throw tooLate("the server does not answer", patience);
}

/** The node's own words, when it is ready. */
export async function waitForNode(
  api: ApiClient,
  name: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<NodeStatus> {
  const found = await until(patience, signal, async () => {
    const node = await early(() => api.get({ kind: "Node", name }));
    const { status } = (node ?? {}) as unknown as Partial<Node>;
    return status?.ready ? status : undefined;
  });
  if (!found) throw tooLate(`node ${name} is not ready`, patience);
  return found;
}

/** Waits for a fleet's servers; running out of patience is no failure: it says how far it has come. */
export async function waitForFleets(
  api: ApiClient,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  patience: Patience,
  signal: AbortSignal,
): Promise<{ readonly isReady: boolean; readonly sentence: string }> {
  let last = "";
  const found = await until(patience, signal, async () => {
    const fleet = (await api.get({ kind: "Fleet", namespace, name })) as unknown as Fleet;
    const { replicas } = fleet.spec;
    const { readyReplicas = 0, allocatedReplicas = 0, reservedReplicas = 0 } = fleet.status ?? {};
    const there = readyReplicas + allocatedReplicas + reservedReplicas;
    last = `fleet ${name}: ${there} of ${replicas} game servers are there`;
    return there >= replicas ? last : undefined;
  });
  if (found) return { isReady: true, sentence: found };
  return { isReady: false, sentence: `${last}; \`flotilla describe fleet/${name}\` tells why` };
}

/**
 * The same for a service's replicas of the template that was applied. Right after a start the control plane still believes
 * what it was told before the end: a replica whose process is not on this machine any more is none. Replicas that nobody
 * reaches, because somebody else has the host port, are not called ready.
 */
export async function waitForService(
  api: ApiClient,
  { name, namespace, node }: { readonly [word in "name" | "namespace" | "node"]: string },
  patience: Patience,
  signal: AbortSignal,
): Promise<{ readonly isReady: boolean; readonly sentence: string }> {
  const query = { labelSelector: `${SERVICE_LABEL}=${name}` };
  let last = "";
  const found = await until(patience, signal, async () => {
    const service = (await api.get({ kind: "Service", namespace, name })) as unknown as Service;
    const { items } = await api.list({ kind: "Container", namespace, query });
    const there = (items as unknown as readonly Container[]).filter((one) => isThere(one, node));
    const { readyReplicas, updatedReplicas, message } = service.status;
    const ready = Math.min(readyReplicas, updatedReplicas, there.length);
    last = `service ${name}: ${ready} of ${service.spec.replicas} replicas are ready`;
    if (ready < service.spec.replicas) return undefined;
    return { isReady: !message, sentence: message ? `${last}, but ${message}` : last };
  });
  if (found) return found;
  return { isReady: false, sentence: `${last}; \`flotilla describe service/${name}\` tells why` };
}

/** Of other machines' processes nothing can be seen here. */
function isThere({ status }: Container, node: string): boolean {
  const { pid } = status.container ?? {};
  if (!status.ready || pid === undefined) return false;
  if (status.nodeName !== node) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function tooLate(what: string, { patienceMs }: Patience): FleetError {
  return new FleetError("TIMEOUT", `${what} after ${patienceMs / 1000} s`, {
    next: "its log tells more: see `logs` in the state folder, and `flotilla doctor`",
  });
}
