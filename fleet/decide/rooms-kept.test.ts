import { describe, expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { mergePatch } from "../../core/std/json.ts";
import { decideGameServerReport } from "./report.ts";
import { decideSdkCall } from "./sdk-call.ts";

const base = made("GameServer");
const server: GameServer = {
  ...base,
  status: { ...base.status, state: "Allocated", address: "1.2.3.4", nodeName: "a", rooms: 2 },
};
const time = { now: "2026-01-01T00:00:00Z", after: () => "2026-01-01T00:01:00Z" };
const node = { address: "1.2.3.4", addresses: [] };
const subject = { kind: "GameServer", namespace: "default", name: "arena", uid: "" } as const;

describe("the number of rooms on a server", () => {
  it.each(["ready", "shutdown"] as const)("is over when the game calls %s", (verb) => {
    const decision = decideSdkCall(server, { verb }, time);
    expect(decision?.delta).toMatchObject({ status: { rooms: null } });
    expect(decision?.server.status).not.toHaveProperty("rooms");
    expect(mergePatch(server, decision?.delta)).toEqual(decision?.server);
  });

  it("stays through calls and reports that leave it Allocated", () => {
    expect(decideSdkCall(server, { verb: "allocate" }, time)?.server.status.rooms).toBe(2);
    const running = { subject, seen: "running", id: "1", pid: 7, address: "10.0.0.2" } as const;
    const decision = decideGameServerReport(server, running, node);
    expect(decision.do === "update" && decision.status.rooms).toBe(2);
  });

  it("is over when its container ends", () => {
    const report = { subject, seen: "exited", id: "1", exitCode: 1 } as const;
    const decision = decideGameServerReport(server, report, node);
    expect(decision).toMatchObject({ do: "update", status: { state: "Unhealthy" } });
    expect(decision.do === "update" && decision.status).not.toHaveProperty("rooms");
  });
});
