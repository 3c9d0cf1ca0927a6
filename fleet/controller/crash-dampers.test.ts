import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { ControllerBench as Bench, NODE, TEMPLATE, until } from "./controllers.fixture.ts";

describe("a fleet whose game servers crash at once", () => {
  let bench: Bench;
  const crashed = new Set<string>();
  const crash = ({ metadata }: GameServer): boolean => {
    crashed.add(metadata.uid);
    return false;
  };
  const rounds = (): string[] =>
    bench.events
      .list({ kind: "GameServerSet" })
      .filter(({ reason }) => reason === "BackOff")
      .map(({ message }) => message);

  beforeEach(async () => {
    bench = new Bench();
    crashed.clear();
    await bench.controllers.link.heartbeat("a", NODE);
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 2, template: TEMPLATE });
  });
  afterEach(() => bench.close());

  it("makes them anew in rounds that are told, not as fast as they crash", async () => {
    await until(async () => {
      await bench.turn(crash);
      return rounds().length === 2;
    });
    expect(rounds()).toEqual([
      "game servers crash at once (round 1): made anew in 1 s",
      "game servers crash at once (round 2): made anew in 2 s",
    ]);
    expect(crashed.size).toBeLessThanOrEqual(4);
  });
});
