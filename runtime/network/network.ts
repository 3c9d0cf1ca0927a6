import type { PortMap } from "../../core/model/container-plan.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { Linux } from "../linux/linux.ts";
import type { FieldIn } from "../shim/message.ts";
import { OP, TAG } from "../shim/protocol.ts";
import { decideRepairs, type Repairs } from "./decide-repairs.ts";
import { parseHostRoutes } from "./host-routes.ts";
import {
  dropNetwork,
  freeAddress,
  gatewayOf,
  type NetworkLease,
  takeAddress,
  takeSubnet,
} from "./ipam.ts";
import { parseSubnet } from "./ipv4.ts";
import { type KernelState, kernelStateOf } from "./kernel-state.ts";
import { bridgeName, type KernelNames, kernelNames, vethName } from "./names.ts";
import type { NetShim } from "./net-shim.ts";
import { EMPTY_NETWORK_STATE, leaseOf, type NetworkState, withPorts } from "./network-state.ts";
import type { PortLead } from "./port-maps.ts";
import { ruleCount, rulesetOf } from "./ruleset.ts";
import { SharedPass } from "./shared-pass.ts";
import { ensureBridge, sendPorts } from "./wire.ts";

export interface NodeNetworkOptions {
  /** Four hexadecimal digits: part of every name made in the kernel. */
  readonly instance: string;
  readonly shim: NetShim;
  readonly linux: Pick<Linux, "read">;
  readonly clock: Pick<Clock, "now">;
  /** Where networks without a subnet of their own get one, and how large. */
  readonly pool: string;
  readonly subnetPrefix: number;
  readonly networksMax: number;
  readonly mtu: number;
  /** `loopback`: the node's address is one, so host ports open on 127.0.0.0/8 only. */
  readonly hostPorts: "loopback" | "everywhere";
  /** Where the SDK door listens on each bridge's address. */
  readonly door: { readonly grpcPort: number; readonly httpPort: number };
  readonly addressRestMs: number;
  readonly load: () => Promise<NetworkState | undefined>;
  /** Called with one state at a time; states that came meanwhile are skipped but for the last. */
  readonly save: (state: NetworkState) => Promise<void>;
}

export interface NetworkWish {
  readonly namespace: string;
  readonly name: string;
  readonly subnet?: string;
  readonly outside: boolean;
}

export interface NodeBridge {
  readonly bridge: string;
  readonly gateway: string;
  readonly subnet: string;
}

export interface ContainerAddress {
  readonly address: string;
  readonly gateway: string;
}

function sentencesOf({ bridges, table, sources, ports }: Repairs, names: KernelNames): string[] {
  const made = bridges.map(
    ({ key, network }) => `bridge ${bridgeName(names, network.number)} of network ${key} was made`,
  );
  if (table) made.push(`table ${names.table} was installed with ${sources.length} addresses`);
  if (ports.flush.length > 0)
    made.push(`${ports.add.length} host ports were opened and ${ports.delete.length} closed`);
  return made;
}

type NetworkName = Pick<NetworkWish, "namespace" | "name">;

function keyOf({ namespace, name }: NetworkName): string {
  return `${namespace}/${name}`;
}

/**
 * The networks of one node: decides addresses, keeps them, and has the shim make what the kernel must hold. Every verb
 * may be repeated. `ensure` comes first; `repair` is called every few seconds.
 */
export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  readonly #names: KernelNames;
  #state: NetworkState = EMPTY_NETWORK_STATE;
  /** Networks whose bridge and rules are in place, by key. */
  readonly #ready = new Map<string, NodeBridge & { readonly outside: boolean }>();
  #turn: Promise<unknown> = Promise.resolve();
  #toForget: PortLead[] = [];
  readonly #forgetting: SharedPass;
  readonly #saving: SharedPass;

  constructor(options: NodeNetworkOptions) {
    this.#options = options;
    this.#names = kernelNames(options.instance);
    this.#saving = new SharedPass(() => options.save(this.#state));
    this.#forgetting = new SharedPass(() =>
      sendPorts(options.shim, OP.NET_CONNTRACK_FLUSH, this.#toForget.splice(0)),
    );
  }

  /** What is kept now; a plain value. */
  get state(): NetworkState {
    return this.#state;
  }

  /** Reads what was kept and brings the kernel to it. Returns what had to be made or changed. */
  async ensure(): Promise<readonly string[]> {
    this.#state = (await this.#options.load()) ?? EMPTY_NETWORK_STATE;
    return this.repair();
  }

  /** Gives the network its subnet and its bridge on this node. */
  ensureNetwork(wish: NetworkWish): Promise<NodeBridge> {
    const key = keyOf(wish);
    const ready = this.#ready.get(key);
    const isAsked = wish.subnet === undefined || wish.subnet === ready?.subnet;
    if (ready && isAsked && ready.outside === wish.outside) return Promise.resolve(ready);
    return this.#exclusive(async () => {
      const { subnet, outside } = wish;
      const ipam = takeSubnet(
        this.#state.ipam,
        { key, outside, ...(subnet === undefined ? {} : { subnet }) },
        {
          pool: this.#options.pool,
          prefix: this.#options.subnetPrefix,
          networksMax: this.#options.networksMax,
          hostRoutes: parseHostRoutes(
            this.#options.linux.read("/proc/net/route") ?? "",
            this.#names.bridges,
          ),
        },
      );
      await this.#change({ ...this.#state, ipam });
      return this.#makeNetwork(key);
    });
  }

  /** Takes a network off this node. FAILED_PRECONDITION while a container has an address in it. */
  removeNetwork(name: NetworkName): Promise<void> {
    const key = keyOf(name);
    return this.#exclusive(async () => {
      const network = this.#state.ipam.networks[key];
      if (!network) return;
      const users = Object.keys(network.addresses);
      if (users.length > 0)
        throw new FleetError("FAILED_PRECONDITION", `network ${key} is used by ${users[0]}`);
      this.#ready.delete(key);
      await this.#change({ ...this.#state, ipam: dropNetwork(this.#state.ipam, key) });
      await this.#installTable([]);
      await this.#options.shim.net(OP.NET_BRIDGE_REMOVE, [
        [TAG.NET_BRIDGE, bridgeName(this.#names, network.number)],
      ]);
    });
  }

  /** The container's address in a network that `ensureNetwork` made; the same one until `release`. */
  async addressFor(
    containerId: string,
    network: NetworkName,
    fixed?: string,
  ): Promise<ContainerAddress> {
    const key = keyOf(network);
    const ipam = takeAddress(
      this.#state.ipam,
      { key, containerId, ...(fixed === undefined ? {} : { address: fixed }) },
      this.#rest(),
    );
    await this.#change({ ...this.#state, ipam });
    const { address, network: lease } = this.#lease(containerId);
    return { address, gateway: gatewayOf(lease.subnet) };
  }

  /** The fields of CREATE that attach a container which has an address; with `sdk` its 127.0.0.1 leads to the door. */
  attachFields(
    containerId: string,
    sdk?: { readonly grpcPort: number; readonly httpPort: number },
  ): readonly FieldIn[] {
    const { address, network } = this.#lease(containerId);
    const { door, mtu } = this.#options;
    const fields: FieldIn[] = [
      [TAG.NET_BRIDGE, bridgeName(this.#names, network.number)],
      [TAG.NET_ADDRESS, address],
      [TAG.NET_PREFIX, parseSubnet(network.subnet).prefix],
      [TAG.NET_GATEWAY, gatewayOf(network.subnet)],
      [TAG.NET_MTU, mtu],
    ];
    if (!sdk) return fields;
    return [
      ...fields,
      [TAG.NET_SDK_GRPC_PORT, sdk.grpcPort],
      [TAG.NET_SDK_HTTP_PORT, sdk.httpPort],
      [TAG.NET_DOOR_GRPC_PORT, door.grpcPort],
      [TAG.NET_DOOR_HTTP_PORT, door.httpPort],
    ];
  }

  /** Leads host ports to a container; resolves when packets go there, those of old clients too. */
  async openPorts(containerId: string, ports: readonly PortMap[]): Promise<void> {
    if (ports.length === 0) return;
    const { address } = this.#lease(containerId);
    const leads = ports.map(({ protocol, hostPort, containerPort }) => {
      return { protocol, hostPort, address, containerPort };
    });
    this.#refuseTaken(containerId, leads);
    await this.#change(withPorts(this.#state, containerId, leads));
    await sendPorts(this.#options.shim, OP.NET_PORTS_ADD, leads);
    await this.#forget(leads);
  }

  async closePorts(containerId: string): Promise<void> {
    const leads = this.#state.ports[containerId] ?? [];
    if (leads.length === 0) return;
    await sendPorts(this.#options.shim, OP.NET_PORTS_DELETE, leads);
    await this.#forget(leads);
    await this.#change(withPorts(this.#state, containerId, []));
  }

  /** Takes back all that a container had: ports, veth, address. */
  async release(containerId: string): Promise<void> {
    await this.closePorts(containerId);
    await this.#options.shim.net(OP.NET_DETACH, [[TAG.ID, containerId]]);
    await this.#change({
      ...this.#state,
      ipam: freeAddress(this.#state.ipam, containerId, this.#rest()),
    });
  }

  /** Takes back what belongs to no container of `known`: kept leases and what the kernel still has. */
  async releaseStrays(known: ReadonlySet<string>): Promise<readonly string[]> {
    const leased = [
      ...Object.values(this.#state.ipam.networks).flatMap((one) => Object.keys(one.addresses)),
      ...Object.keys(this.#state.ports),
    ];
    const strays = new Set(leased.filter((id) => !known.has(id)));
    const named = new Set([...known, ...strays].map((id) => vethName(this.#names, id)));
    const { veths, sources } = await this.#found();
    for (const veth of [...veths.map(({ name }) => name), ...sources.map((one) => one.veth)])
      if (!named.has(veth)) strays.add(veth.slice(this.#names.veths.length));
    for (const id of strays) await this.release(id);
    return [...strays];
  }

  /** Compares the kernel with what must be there and puts back what is missing. Returns a sentence for each repair. */
  repair(): Promise<readonly string[]> {
    return this.#exclusive(async () => {
      const rules = ruleCount(this.#ruleset([]));
      const repairs = decideRepairs(this.#state, this.#names, rules, await this.#found());
      const { shim } = this.#options;
      for (const { network, veths } of repairs.bridges) await this.#makeBridge(network, veths);
      for (const [key, network] of Object.entries(this.#state.ipam.networks))
        this.#ready.set(key, { ...this.#bridgeOf(network), outside: network.outside });
      if (repairs.table) await this.#installTable(repairs.sources);
      const { add, delete: gone, flush } = repairs.ports;
      await sendPorts(shim, OP.NET_PORTS_DELETE, gone);
      await sendPorts(shim, OP.NET_PORTS_ADD, add);
      if (flush.length > 0) await this.#forget(flush);
      return sentencesOf(repairs, this.#names);
    });
  }

  /** Removes everything that carries this instance's id, known or not, and forgets it. */
  removeAll(): Promise<void> {
    return this.#exclusive(async () => {
      const { shim } = this.#options;
      const found = await this.#found();
      const ids = found.veths.map(({ name }) => name.slice(this.#names.veths.length));
      for (const id of ids) await shim.net(OP.NET_DETACH, [[TAG.ID, id]]);
      for (const { name } of found.bridges)
        await shim.net(OP.NET_BRIDGE_REMOVE, [[TAG.NET_BRIDGE, name]]);
      await shim.net(OP.NET_TABLE_REMOVE, []);
      this.#ready.clear();
      await this.#change(EMPTY_NETWORK_STATE);
    });
  }

  async #found(): Promise<KernelState> {
    return kernelStateOf(await this.#options.shim.net(OP.NET_STATE, []));
  }

  async #makeNetwork(key: string): Promise<NodeBridge> {
    const network = this.#state.ipam.networks[key];
    if (!network) throw new FleetError("NOT_FOUND", `network ${key} is not on this node`);
    await this.#makeBridge(network, []);
    await this.#installTable([]);
    const ready = this.#bridgeOf(network);
    this.#ready.set(key, { ...ready, outside: network.outside });
    return ready;
  }

  #bridgeOf({ number, subnet }: NetworkLease): NodeBridge {
    return { bridge: bridgeName(this.#names, number), gateway: gatewayOf(subnet), subnet };
  }

  async #makeBridge(network: NetworkLease, veths: readonly string[]): Promise<void> {
    const { bridge, gateway, subnet } = this.#bridgeOf(network);
    const { prefix } = parseSubnet(subnet);
    const { shim, mtu } = this.#options;
    await ensureBridge(shim, { name: bridge, gateway, prefix, mtu, veths });
  }

  #ruleset(sources: readonly { readonly veth: string; readonly address: string }[]): string {
    const { door, hostPorts } = this.#options;
    return rulesetOf({
      names: this.#names,
      hostPorts,
      doorPorts: [door.grpcPort, door.httpPort],
      networks: Object.values(this.#state.ipam.networks).map((network) => ({
        ...this.#bridgeOf(network),
        outside: network.outside,
      })),
      sources,
    });
  }

  async #installTable(
    sources: readonly { readonly veth: string; readonly address: string }[],
  ): Promise<void> {
    await this.#options.shim.net(OP.NET_TABLE, [[TAG.NET_TEXT, this.#ruleset(sources)]]);
  }

  #lease(containerId: string): NonNullable<ReturnType<typeof leaseOf>> {
    const lease = leaseOf(this.#state, containerId);
    if (!lease)
      throw new FleetError("NOT_FOUND", `container ${containerId} has no address on this node`);
    return lease;
  }

  #rest(): { now: number; restMs: number } {
    return { now: this.#options.clock.now(), restMs: this.#options.addressRestMs };
  }

  /** The control plane gives a port to one subject; a second one here is an error somewhere, not a wish. */
  #refuseTaken(containerId: string, leads: readonly PortLead[]): void {
    for (const [owner, held] of Object.entries(this.#state.ports)) {
      const taken = held.find((one) =>
        leads.some((lead) => lead.protocol === one.protocol && lead.hostPort === one.hostPort),
      );
      if (taken && owner !== containerId)
        throw new FleetError(
          "ALREADY_EXISTS",
          `host port ${taken.hostPort}/${taken.protocol} leads to container ${owner}`,
        );
    }
  }

  /** The kernel's connections to these ports end: one pass over its table for all who ask at the same time. */
  #forget(leads: readonly PortLead[]): Promise<void> {
    this.#toForget.push(...leads);
    return this.#forgetting.run();
  }

  #change(state: NetworkState): Promise<void> {
    if (state === this.#state) return Promise.resolve();
    this.#state = state;
    return this.#saving.run();
  }

  /** Runs `work` after all that was started before it; one failure does not stop the next. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
