import { describe, expect, it } from "vitest";
import { made, ports, UID } from "./admit-inputs.ts";
import type { Container } from "./container.ts";
import { type ContainerPlan, containerPlanOf } from "./container-plan.ts";
import type { GameServer, GameServerStatus } from "./game-server.ts";
import { GAME_SERVER_STATE_NAMES, GAME_SERVER_STATES } from "./game-server-state.ts";

const placed = (gameServer: GameServer, status: Partial<GameServerStatus> = {}): GameServer => ({
  ...gameServer,
  status: { ...gameServer.status, state: "Starting", nodeName: "n1", ...status },
});
const game = (patch: object = {}, status: Partial<GameServerStatus> = {}): GameServer =>
  placed(made("GameServer", patch), status);
const container = (patch: object = {}, nodeName = "n1"): Container => {
  const one = made("Container", patch);
  return { ...one, status: { ...one.status, nodeName } };
};
const withTemplate = (patch: object): object => ({
  spec: { template: { spec: { containers: [{ name: "game", image: "arena", ...patch }] } } },
});
const planOf = (resource: GameServer | Container): ContainerPlan => {
  const plan = containerPlanOf(resource);
  if (!plan) throw new Error("no plan");
  return plan;
};

describe("the plan of a game server", () => {
  it("has everything decided", () => {
    const status = { ports: [{ name: "game", port: 7001 }] };
    expect(containerPlanOf(game({ metadata: { name: "arena.one" } }, status))).toEqual({
      subject: { kind: "GameServer", namespace: "default", name: "arena.one", uid: UID },
      id: "6b1f1a5270f4",
      hostname: "arena-one",
      image: "arena",
      env: [
        { name: "AGONES_SDK_GRPC_PORT", value: "9357" },
        { name: "AGONES_SDK_HTTP_PORT", value: "9358" },
      ],
      user: 1000,
      readOnlyRoot: false,
      network: { namespace: "default", name: "default" },
      ports: [{ name: "game", protocol: "udp", hostPort: 7001, containerPort: 7654 }],
      volumes: [],
      mounts: [],
      limits: { cpuMilli: 0, memoryBytes: 0, pidsMax: 512 },
      cpuLimited: false,
      stopGraceMs: 30_000,
      restartPolicy: "Never",
      restartToken: "",
      sdk: { grpcPort: 9357, httpPort: 9358 },
    });
  });

  it.each(GAME_SERVER_STATE_NAMES)("is there in state %s as the table says", (state) => {
    expect(containerPlanOf(game({}, { state })) !== undefined).toBe(GAME_SERVER_STATES[state].runs);
  });

  it("is not there for a development server, on no node, and while it is deleted", () => {
    const annotations = { "agones.dev/dev-address": "10.0.0.1" };
    const dev = { metadata: { annotations }, ...ports({ portPolicy: "Static", hostPort: 1 }) };
    expect(containerPlanOf(game(dev, { state: "Ready" }))).toBeUndefined();
    expect(containerPlanOf(game({}, { nodeName: "" }))).toBeUndefined();
    const leaving = game();
    const metadata = { ...leaving.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    expect(containerPlanOf({ ...leaving, metadata })).toBeUndefined();
  });

  it("maps each port as its policy says", () => {
    const server = game(
      ports(
        { name: "d", containerPort: 1 },
        { name: "p", portPolicy: "Passthrough", protocol: "TCP" },
        { name: "s", portPolicy: "Static", containerPort: 3, hostPort: 30 },
        { name: "n", portPolicy: "None", containerPort: 4 },
        { name: "b", protocol: "TCPUDP", containerPort: 5 },
        { name: "", containerPort: 6 },
        { name: "", containerPort: 7 },
        { name: "later", containerPort: 8 },
      ),
      {
        ports: [
          ...[
            { name: "p", port: 7002 },
            { name: "d", port: 7001 },
            { name: "n", port: 4 },
          ],
          ...[
            { name: "b-udp", port: 7005 },
            { name: "b-tcp", port: 7005 },
            { name: "s", port: 30 },
          ],
          ...[
            { name: "", port: 7006 },
            { name: "", port: 7007 },
          ],
        ],
      },
    );
    const maps = planOf(server).ports.map(
      (p) => `${p.name} ${p.protocol} ${p.hostPort} ${p.containerPort}`,
    );
    expect(maps).toEqual([
      ...["d udp 7001 1", "p tcp 7002 7002", "s udp 30 3", "b-tcp tcp 7005 5"],
      ...[" udp 7006 6", " udp 7007 7", "b-udp udp 7005 5"],
    ]);
  });

  it("keeps the game's own idea of the SDK's ports out", () => {
    const env = [
      { name: "AGONES_SDK_GRPC_PORT", value: "1" },
      { name: "MAP", value: "a" },
    ];
    expect(planOf(game(withTemplate({ env }))).env).toEqual([
      { name: "MAP", value: "a" },
      { name: "AGONES_SDK_GRPC_PORT", value: "9357" },
      { name: "AGONES_SDK_HTTP_PORT", value: "9358" },
    ]);
  });

  it("limits the CPU from Ready on, or at once when asked", () => {
    const limited = (state: GameServer["status"]["state"], patch: object = {}) =>
      planOf(game(patch, { state })).cpuLimited;
    const running = GAME_SERVER_STATE_NAMES.filter((state) => GAME_SERVER_STATES[state].runs);
    expect(running.filter((state) => limited(state))).toEqual([
      "RequestReady",
      "Ready",
      "Reserved",
      "Allocated",
    ]);
    const annotations = { "flotilla.dev/limit-cpu-at-start": "true" };
    expect(limited("Starting", { metadata: { annotations } })).toBe(true);
    expect(limited("Starting", { spec: { template: { metadata: { annotations } } } })).toBe(true);
  });

  it("takes limits, user, grace and network from the template", () => {
    const patch = {
      spec: {
        template: {
          spec: {
            network: "closed",
            terminationGracePeriodSeconds: 5,
            securityContext: { runAsUser: 7 },
            containers: [
              {
                name: "game",
                image: "arena",
                resources: { limits: { cpu: "1.5", memory: "200Mi", pids: 64 } },
                securityContext: { readOnlyRootFilesystem: true },
                livenessProbe: { tcpSocket: { port: 1 } },
              },
            ],
          },
        },
      },
    };
    expect(planOf(game(patch))).toMatchObject({
      network: { name: "closed" },
      stopGraceMs: 5_000,
      user: 7,
      readOnlyRoot: true,
      limits: { cpuMilli: 1_500, memoryBytes: 209_715_200, pidsMax: 64 },
      probe: { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 },
    });
  });

  it("fills $(NAME) as Kubernetes does", () => {
    const plan = planOf(
      game(
        withTemplate({
          env: [
            { name: "A", value: "1" },
            { name: "B", value: "$(A)$(C) $$(A) $A $(" },
            { name: "C", value: "$(B)" },
          ],
          command: ["run-$(A)"],
          args: ["--port=$(AGONES_SDK_GRPC_PORT)", "$(MISSING)", "$$", "$$$(A)"],
        }),
      ),
    );
    expect(plan.env.slice(0, 3).map(({ value }) => value)).toEqual([
      "1",
      "1$(C) $(A) $A $(",
      "1$(C) $(A) $A $(",
    ]);
    expect(plan.command).toEqual(["run-1"]);
    expect(plan.args).toEqual(["--port=9357", "$(MISSING)", "$", "$1"]);
  });
});

describe("the plan of a container", () => {
  it("is as its spec says, with the ports that have a host port", () => {
    const patch = {
      spec: {
        address: "11.11.11.2",
        ports: [{ containerPort: 1 }, { containerPort: 2, hostPort: 80 }],
        restartedAt: "x",
        restartPolicy: "OnFailure",
      },
    };
    expect(planOf(container(patch))).toEqual({
      subject: { kind: "Container", namespace: "default", name: "arena", uid: UID },
      id: "6b1f1a5270f4",
      hostname: "arena",
      image: "red-blue",
      command: ["sh"],
      env: [],
      user: 1000,
      readOnlyRoot: false,
      network: { namespace: "default", name: "default" },
      address: "11.11.11.2",
      ports: [{ name: "", protocol: "tcp", hostPort: 80, containerPort: 2 }],
      volumes: [],
      mounts: [],
      limits: { cpuMilli: 400, memoryBytes: 0, pidsMax: 512 },
      cpuLimited: true,
      stopGraceMs: 30_000,
      restartPolicy: "OnFailure",
      restartToken: "x",
    });
  });

  it("is not there while it is not to run, or on no node", () => {
    expect(containerPlanOf(container({ spec: { running: false } }))).toBeUndefined();
    expect(containerPlanOf(container({}, ""))).toBeUndefined();
  });
});
