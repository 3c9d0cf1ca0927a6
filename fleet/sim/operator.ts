import { ResourceWriter } from "../../api/write.ts";
import type { Fleet, GameServerTemplate } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import type { Resource } from "../../core/model/resource.ts";
import { isFleetError } from "../../core/std/errors.ts";
import type { Checker } from "./checker.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Way } from "./network.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface OperatorOptions {
  readonly time: VirtualTime;
  readonly way: Way;
  readonly checker: Checker;
  readonly newUid: () => string;
  readonly trace: (line: string) => void;
}

type Act = (writer: ResourceWriter, plane: ControlPlane) => Promise<unknown>;

const TRIES_MAX = 20;
const AGAIN_MS = 500;
const STRICT = { fieldValidation: "Strict", dryRun: false, by: "sim" } as const;

/** The person who changes fleets, through the same door as the API; tries again while the control plane is away. */
export class Operator {
  readonly #options: OperatorOptions;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** A game server of nobody's fleet, by a name that was perhaps another one's before. */
  async createServer(name: string, { spec }: GameServerTemplate): Promise<void> {
    const kind = "GameServer";
    const input = { apiVersion: apiVersionOf(kind), kind, metadata: { name }, spec };
    await this.#do(`create game server ${name}`, (writer) =>
      writer.create(kind, "default", input, STRICT),
    );
  }

  async createFleet(name: string, spec: object): Promise<void> {
    const input = { apiVersion: apiVersionOf("Fleet"), kind: "Fleet", metadata: { name }, spec };
    await this.#do(`create fleet ${name}`, (writer) =>
      writer.create("Fleet", "default", input, STRICT),
    );
  }

  async createAutoscaler(fleetName: string, buffer: object): Promise<void> {
    const input = {
      apiVersion: apiVersionOf("FleetAutoscaler"),
      kind: "FleetAutoscaler",
      metadata: { name: fleetName },
      spec: { fleetName, policy: { type: "Buffer", buffer } },
    };
    await this.#do(`create an autoscaler of ${fleetName}: ${JSON.stringify(buffer)}`, (writer) =>
      writer.create("FleetAutoscaler", "default", input, STRICT),
    );
  }

  async changeFleet(
    name: string,
    what: string,
    change: (spec: Fleet["spec"]) => object,
  ): Promise<void> {
    await this.#do(`${what} of fleet ${name}`, (writer) =>
      writer.update(
        "Fleet",
        "default",
        name,
        (old) => ({ ...old, spec: change((old as Fleet).spec) }),
        STRICT,
      ),
    );
  }

  async changeNode(name: string, what: string, spec: NodeSpec): Promise<void> {
    await this.#do(`${what} ${name}`, (writer) =>
      writer.update("Node", "", name, (old) => ({ ...old, spec }), STRICT),
    );
  }

  async delete(kind: Resource["kind"], name: string): Promise<void> {
    await this.#do(`delete ${kind} ${name}`, (writer) =>
      writer.delete(kind, kind === "Node" ? "" : "default", name, { dryRun: false, by: "sim" }),
    );
  }

  /** Exactly this life of a game server, and not another one that has its name by then. */
  async deleteServer({ metadata: { name, namespace, uid } }: GameServer): Promise<void> {
    this.#options.checker.byPerson(uid);
    await this.#do(`delete game server ${name}`, async (writer, { store }) => {
      if (store.get("GameServer", namespace, name)?.metadata.uid !== uid) return;
      const preconditions = { uid };
      await writer.delete("GameServer", namespace, name, {
        dryRun: false,
        by: "sim",
        preconditions,
      });
    });
  }

  async #do(what: string, act: Act): Promise<void> {
    const { time, way, trace, checker, newUid } = this.#options;
    trace(`operator: ${what}`);
    const work = (plane: ControlPlane): Promise<unknown> =>
      act(new ResourceWriter({ store: plane.store, clock: time, newUid }), plane);
    for (let i = 0; i < TRIES_MAX; i++) {
      try {
        await way.ask(work);
        return;
      } catch (error) {
        if (!isFleetError(error)) return checker.wrong("no bug", `${what}: ${String(error)}`);
        if (["NOT_FOUND", "ALREADY_EXISTS"].includes(error.code)) return;
        if (error.code === "INVALID") return checker.wrong("no bug", `${what}: ${error.message}`);
        await time.sleep(AGAIN_MS);
      }
    }
  }
}
