import type { PortMap } from "../../core/model/container-plan.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { FieldIn } from "../shim/message.ts";
import { OP, TAG } from "../shim/protocol.ts";
import { decideRepairs, sentencesOf } from "./decide-repairs.ts";
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
import { bridgeName, type KernelNames, kernelNames } from "./names.ts";
import {
  type ContainerAddress,
  type FoundLease,
  keyOf,
  type NetworkName,
  type NetworkWish,
  type NodeBridge,
  type NodeNetworkOptions,
} from "./network-options.ts";
import {
  EMPTY_NETWORK_STATE,
  leaseOf,
  type NetworkState,
  withFound,
  withPorts,
} from "./network-state.ts";
import { closed, type HostPort, type PortLead, portKey } from "./port-maps.ts";
import { ruleCount, rulesetOf, serviceRuleset } from "./ruleset.ts";
import { type ServiceLead, type ServiceRules, serviceRules, udpConnections } from "./services.ts";
import { SharedPass } from "./shared-pass.ts";
import { detach, ensureBridge, sendPorts } from "./wire.ts";

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
  /** Ports whose old connections are not forgotten yet, by protocol and number. */
  readonly #toForget = new Map<string, HostPort>();
  /** Veths that belonged to nobody when `repair` last looked. */
  #strays: ReadonlySet<string> = new Set();
  readonly #forgetting: SharedPass;
  readonly #saving: SharedPass;
  #isSaved = true;

  constructor(options: NodeNetworkOptions) {
    this.#options = options;
    this.#names = kernelNames(options.instance);
    this.#saving = new SharedPass(() => options.save(this.#state));
    this.#forgetting = new SharedPass(() => this.#forgetPass());
  }

  /** What is kept now; a plain value. */
  get state(): NetworkState {
    return this.#state;
  }

  /** Reads what was kept, adds what was found, and brings the kernel to it. Returns what had to be made or changed. */
  async ensure(found: readonly FoundLease[]): Promise<readonly string[]> {
    const kept = { ...EMPTY_NETWORK_STATE, ...(await this.#options.load()) };
    this.#change(withFound(kept, found));
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
      this.#change({ ...this.#state, ipam });
      await this.#saved();
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
      this.#change({ ...this.#state, ipam: dropNetwork(this.#state.ipam, key) });
      await this.#saved();
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
    this.#change({ ...this.#state, ipam });
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

  /** Leads host ports to a container. Who talked to the port before is led there when `settled`. */
  async openPorts(containerId: string, ports: readonly PortMap[]): Promise<void> {
    if (ports.length === 0) return;
    const { address } = this.#lease(containerId);
    const leads = ports.map(({ protocol, hostPort, containerPort }) => {
      return { protocol, hostPort, address, containerPort };
    });
    this.#refuseTaken(containerId, leads);
    this.#change(withPorts(this.#state, containerId, leads));
    await sendPorts(this.#options.shim, OP.NET_PORTS_ADD, leads);
    this.#forget(leads);
  }

  async closePorts(containerId: string): Promise<void> {
    const leads = this.#state.ports[containerId] ?? [];
    if (leads.length === 0) return;
    await sendPorts(this.#options.shim, OP.NET_PORTS_DELETE, leads);
    this.#forget(leads.map(closed));
    this.#change(withPorts(this.#state, containerId, []));
  }

  /** Leads services to these replicas, at once and for new connections; safe to repeat. */
  setServices(leads: readonly ServiceLead[]): Promise<void> {
    return this.#exclusive(async () => {
      const text = serviceRuleset(this.#names, this.#serviceRules(leads));
      await this.#options.shim.net(OP.NET_TABLE, [[TAG.NET_TEXT, text]]);
      this.#change({ ...this.#state, services: leads });
      await this.#saved();
    });
  }

  /** Resolves when no connection to a port that changed its owner is left in the kernel. */
  async settled(): Promise<void> {
    while (this.#toForget.size > 0) await this.#forgetting.run();
  }

  /** Takes back ports and address of a container that has ended; its veth goes with its namespace. */
  async release(containerId: string): Promise<void> {
    await this.closePorts(containerId);
    const { key } = leaseOf(this.#state, containerId) ?? { key: "" };
    for (const port of udpConnections(this.#state.services, key))
      await sendPorts(this.#options.shim, OP.NET_CONNTRACK_FLUSH, port);
    this.#change({
      ...this.#state,
      ipam: freeAddress(this.#state.ipam, containerId, this.#rest()),
    });
  }

  /** For an agent that starts: takes back what was kept for containers that are no more. Returns their ids. */
  async releaseAllBut(known: ReadonlySet<string>): Promise<readonly string[]> {
    const leased = Object.values(this.#state.ipam.networks).flatMap((one) =>
      Object.keys(one.addresses),
    );
    const gone = new Set(
      [...leased, ...Object.keys(this.#state.ports)].filter((id) => !known.has(id)),
    );
    for (const id of gone) await this.release(id);
    return [...gone];
  }

  /** Compares the kernel with what must be there and puts back what is missing. Returns a sentence for each repair. */
  repair(): Promise<readonly string[]> {
    return this.#exclusive(async () => {
      const rules = ruleCount(this.#ruleset([]));
      const repairs = decideRepairs(this.#state, this.#names, rules, await this.#found());
      const { shim } = this.#options;
      if (!this.#isSaved) await this.#saved();
      for (const { network, veths } of repairs.bridges) await this.#makeBridge(network, veths);
      for (const [key, network] of Object.entries(this.#state.ipam.networks))
        this.#ready.set(key, { ...this.#bridgeOf(network), outside: network.outside });
      if (repairs.table) await this.#installTable(repairs.sources);
      const { add, delete: gone, flush } = repairs.ports;
      await sendPorts(shim, OP.NET_PORTS_DELETE, gone);
      await sendPorts(shim, OP.NET_PORTS_ADD, add);
      this.#forget(flush);
      await this.settled();
      const strays = await this.#detachStrays(repairs.strays);
      return [...sentencesOf(repairs, this.#names), ...strays];
    });
  }

  /** Removes everything that carries this instance's id, known or not, and forgets it. */
  removeAll(): Promise<void> {
    return this.#exclusive(async () => {
      const { shim } = this.#options;
      const found = await this.#found();
      await detach(
        shim,
        found.veths.map(({ name }) => this.#idOf(name)),
      );
      for (const { name } of found.bridges)
        await shim.net(OP.NET_BRIDGE_REMOVE, [[TAG.NET_BRIDGE, name]]);
      await shim.net(OP.NET_TABLE_REMOVE, []);
      this.#ready.clear();
      this.#toForget.clear();
      this.#change(EMPTY_NETWORK_STATE);
      await this.#saved();
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

  #serviceRules(leads: readonly ServiceLead[]): ServiceRules {
    return serviceRules(leads, (key) => {
      const network = this.#state.ipam.networks[key];
      return network && bridgeName(this.#names, network.number);
    });
  }

  #ruleset(sources: readonly { readonly veth: string; readonly address: string }[]): string {
    const { door, hostPorts, servicePool } = this.#options;
    return rulesetOf({
      names: this.#names,
      hostPorts,
      servicePool,
      services: this.#serviceRules(this.#state.services),
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

  /** A failure keeps the ports for the next pass; `settled` and `repair` report it. */
  #forget(ports: readonly HostPort[]): void {
    for (const port of ports) this.#toForget.set(portKey(port), port);
    if (ports.length > 0) this.#forgetting.run().catch(() => undefined);
  }

  async #forgetPass(): Promise<void> {
    await this.#options.clock.sleep(this.#options.forgetDelayMs);
    const batch = [...this.#toForget];
    await sendPorts(
      this.#options.shim,
      OP.NET_CONNTRACK_FLUSH,
      batch.map(([, port]) => port),
    );
    for (const [key, port] of batch)
      if (this.#toForget.get(key) === port) this.#toForget.delete(key);
  }

  /** Twice seen, because a veth whose namespace has just ended goes by itself. */
  async #detachStrays(seen: readonly string[]): Promise<string[]> {
    const strays = seen.filter((veth) => this.#strays.has(veth));
    this.#strays = new Set(seen);
    await detach(
      this.#options.shim,
      strays.map((veth) => this.#idOf(veth)),
    );
    return strays.map((veth) => `${veth}, which belonged to no container, was removed`);
  }

  /** The digits of its container's id that a veth's name holds. */
  #idOf(veth: string): string {
    return veth.slice(this.#names.veths.length);
  }

  /** A failure to save is reported by the next `repair`, which tries again. */
  #change(state: NetworkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#isSaved = false;
    this.#saved().catch(() => undefined);
  }

  /** Resolves when what is true now is kept. */
  async #saved(): Promise<void> {
    const state = this.#state;
    await this.#saving.run();
    if (state === this.#state) this.#isSaved = true;
  }

  /** Runs `work` after all that was started before it; one failure does not stop the next. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
