import { describe, expect, it } from "vitest";
import type { Container } from "../../core/model/container.ts";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import {
  type ContainerSituation,
  decideContainer,
  rememberEnd,
  STABLE_AFTER_MS,
} from "./decide-container.ts";

const FRESH = { restarts: 0, notBefore: 0 };
const subject = { kind: "Container", namespace: "default", name: "c", uid: "u" } as const;
const PLAN = {
  subject,
  id: "1",
  restartPolicy: "Always",
  restartToken: "",
  stopGraceMs: 5,
  cpuLimited: true,
} as unknown as ContainerPlan;
const GAME = {
  ...PLAN,
  subject: { ...subject, kind: "GameServer" },
  restartPolicy: "Never",
} as ContainerPlan;
const REPLICA = { ...PLAN, drainMs: 2_000 };
const RUNNING = { id: "1", pid: 9, address: "127.0.0.1", startedAt: 0 };
const EXIT = { exitCode: 1, oomKilled: false, finishedAt: 0 };
const resource = { status: {} } as Container;
const seen = { status: { container: { id: "1", pid: 9 } } } as GameServer;

describe("decideContainer", () => {
  it.each([
    ["starts what is wanted and absent", { plan: PLAN, resource }, { do: "start" }],
    [
      "stops what nobody wants",
      { running: RUNNING, startedPlan: PLAN },
      { do: "stop", graceMs: 5 },
    ],
    ["removes what ended and nobody wants", { exit: EXIT, startedPlan: PLAN }, { do: "remove" }],
    ["tells when nothing of it is left", { resource }, { do: "report", seen: "removed" }],
    [
      "restarts when asked",
      { plan: { ...PLAN, restartToken: "2" }, running: RUNNING, startedPlan: PLAN },
      { do: "stop", because: "Restarted" },
    ],
    [
      "has a replica leave its service before it is stopped",
      { running: RUNNING, startedPlan: REPLICA },
      { do: "leave", because: "Stopped" },
    ],
    [
      "lets a replica that left end what it has begun",
      { running: RUNNING, startedPlan: REPLICA, leftAt: -1 },
      { do: "drain", untilMs: 1_999 },
    ],
    [
      "stops a replica that has drained",
      { running: RUNNING, startedPlan: REPLICA, leftAt: -2_000 },
      { do: "stop", graceMs: 5, because: "Stopped" },
    ],
    [
      "has a replica that is to be restarted leave first",
      { plan: { ...REPLICA, restartToken: "2" }, running: RUNNING, startedPlan: REPLICA },
      { do: "leave", because: "Restarted" },
    ],
    [
      "changes a limit in place",
      { plan: PLAN, running: RUNNING, startedPlan: { ...PLAN, cpuLimited: false } },
      { do: "limit" },
    ],
    [
      "clears an ended one away to start it again",
      { plan: PLAN, exit: EXIT, startedPlan: PLAN },
      { do: "remove", because: "Restarted" },
    ],
    [
      "waits out the back-off",
      { plan: PLAN, exit: EXIT, startedPlan: PLAN, memory: { restarts: 3, notBefore: 900 } },
      { do: "wait", untilMs: 900 },
    ],
    [
      "leaves an ended one that is not to restart",
      { plan: { ...PLAN, restartPolicy: "Never" }, exit: EXIT, startedPlan: PLAN },
      { do: "report", seen: "exited" },
    ],
    [
      "never starts a game server twice",
      { plan: GAME, resource: seen },
      { do: "report", seen: "removed" },
    ],
    [
      "reports a game server that could not start",
      {
        plan: GAME,
        resource,
        memory: { ...FRESH, failure: { because: "ImageMissing", message: "no" } },
      },
      { do: "report", seen: "failed" },
    ],
  ] as [string, Partial<ContainerSituation>, object][])("%s", (_, given, expected) => {
    expect(decideContainer({ memory: FRESH, ...given }, 100)).toMatchObject(expected);
  });

  it("has nothing to do about what is neither wanted nor there", () => {
    expect(decideContainer({ memory: FRESH }, 0)).toBeUndefined();
  });
  it("waits longer after each end and forgives after a long life", () => {
    const once = rememberEnd(FRESH, 10, 0);
    const twice = rememberEnd(once, 10, 0);
    expect([once.notBefore, twice.notBefore]).toEqual([1000, 2000]);
    expect(rememberEnd(twice, STABLE_AFTER_MS, 0)).toEqual(once);
  });
});
