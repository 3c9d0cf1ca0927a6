import type { Duplex } from "node:stream";
import { revokedNode } from "../access/node-tokens.ts";
import type { Container } from "../core/model/container.ts";
import type { GameServer } from "../core/model/game-server.ts";
import type { Subject } from "../core/model/link.ts";
import { FleetError } from "../core/std/errors.ts";
import type { JsonObject } from "../core/std/json.ts";
import type { Metrics } from "../monitor/metrics.ts";
import { Mux } from "../runtime/link/mux.ts";
import type { MuxStream } from "../runtime/link/mux-stream.ts";
import type { TunnelRequest } from "../runtime/link/tunnel.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { ApiBounds } from "./options.ts";
import { readSettled } from "./read-settled.ts";
import { notFound } from "./write.ts";

export interface TunnelsOptions {
  readonly store: ResourceStore;
  readonly metrics: Metrics;
  readonly bounds: ApiBounds;
}

/** The way to the nodes: one connection of each, which its agent has opened. */
export class Tunnels implements AsyncDisposable {
  readonly #options: TunnelsOptions;
  readonly #byNode = new Map<string, Mux>();
  readonly #revocations: Disposable;

  constructor(options: TunnelsOptions) {
    this.#options = options;
    this.#revocations = options.store.onHead((before, after) => {
      const mux = this.#byNode.get(revokedNode(before, after) ?? "");
      void mux?.[Symbol.asyncDispose]();
    });
  }

  /** Takes over the connection of `node`'s agent; the newest one counts. */
  async add(node: string, socket: Duplex): Promise<void> {
    const { tunnelStreamsMax, tunnelPingEveryMs, tunnelSilenceMaxMs } = this.#options.bounds;
    await using mux = new Mux(socket, "server", {
      streamsMax: tunnelStreamsMax,
      pingEveryMs: tunnelPingEveryMs,
      silenceMaxMs: tunnelSilenceMaxMs,
    });
    const before = this.#byNode.get(node);
    this.#byNode.set(node, mux);
    using _counted = this.#options.metrics.streamOpened("tunnel");
    await before?.[Symbol.asyncDispose]();
    await mux.closed;
    if (this.#byNode.get(node) === mux) this.#byNode.delete(node);
  }

  /** A stream to the container of a resource, accepted by its node's agent. */
  async open(
    kind: "GameServer" | "Container",
    place: { readonly namespace: string; readonly name: string },
    ask: (subject: Subject) => TunnelRequest,
    signal: AbortSignal,
  ): Promise<MuxStream> {
    const { namespace, name } = place;
    const resource = await this.#find(kind, namespace, name);
    const { nodeName } = resource.status;
    if (nodeName === "")
      throw new FleetError("FAILED_PRECONDITION", `${kind} ${name} is on no node yet`);
    const request = ask({ kind, namespace, name, uid: resource.metadata.uid });
    return await this.openTo(nodeName, request, signal, ` of ${kind} ${name}`);
  }

  /** True while the node's agent can be reached. */
  has(node: string): boolean {
    return this.#byNode.has(node);
  }

  /** A stream to a node itself, accepted by its agent. */
  async openTo(
    node: string,
    request: TunnelRequest,
    signal: AbortSignal,
    ofWhat = "",
  ): Promise<MuxStream> {
    const mux = this.#byNode.get(node);
    if (!mux) throw new FleetError("UNAVAILABLE", `node ${node}${ofWhat} cannot be reached now`);
    return await mux.open(request as unknown as JsonObject, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#revocations[Symbol.dispose]();
    await Promise.all([...this.#byNode.values()].map((mux) => mux[Symbol.asyncDispose]()));
  }

  async #find(
    kind: "GameServer" | "Container",
    namespace: string,
    name: string,
  ): Promise<GameServer | Container> {
    const { store } = this.#options;
    const found = await readSettled(store, () => store.get(kind, namespace, name));
    if (!found) throw notFound(kind, name);
    return found;
  }
}
