import { expect, it } from "vitest";
import type { Fleet } from "../../core/model/fleet.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { Demand } from "./demand.ts";

const fleetOf = (name: string, labels: Record<string, string> = {}): Fleet =>
  ({
    metadata: { name, namespace: "default" },
    spec: { template: { metadata: { labels } } },
  }) as Fleet;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const of = (fleet: string) => [{ matchLabels: { "agones.dev/fleet": fleet } }];

function opened(fleets: readonly Fleet[]): { clock: FakeClock; demand: Demand; woken: string[] } {
  const clock = new FakeClock(0);
  const woken: string[] = [];
  const onDemand = ({ metadata }: Fleet): void => void woken.push(metadata.name);
  return { clock, demand: new Demand({ clock, fleetsOf: () => fleets, onDemand }), woken };
}

it("looks at the fleets once for a storm of misses", async () => {
  const { demand, woken } = opened([fleetOf("arena")]);
  for (let i = 0; i < 1_000; i++) demand.missed("default", of("arena"));
  demand.missed("default", of("arena"), 500);
  await turn();
  expect(woken).toEqual(["arena"]);
  expect(demand.of("default", "arena")).toBe(1_500);
});

it("counts the busiest second and not every try of who waits", async () => {
  const { clock, demand } = opened([fleetOf("arena")]);
  for (let second = 0; second < 5; second++) {
    for (let i = 0; i < 3; i++) demand.missed("default", of("arena"));
    await turn();
    await clock.advance(1_000);
  }
  expect(demand.of("default", "arena")).toBe(3);
});

it("forgets one with each server that is handed out, and all after a while", async () => {
  const { clock, demand } = opened([fleetOf("arena")]);
  for (let i = 0; i < 3; i++) demand.missed("default", of("arena"));
  await turn();
  demand.served("default", "arena");
  demand.served("default", "other");
  expect(demand.of("default", "arena")).toBe(2);
  await clock.advance(31_000);
  expect(demand.of("default", "arena")).toBe(0);
});

it("finds the fleet by its servers' labels, and wakes one fleet for one request", async () => {
  const { demand, woken } = opened([
    fleetOf("desert", { mode: "duel" }),
    fleetOf("forest", { mode: "team" }),
    fleetOf("island", { mode: "team" }),
  ]);
  demand.missed("default", [{ matchLabels: { mode: "team" } }]);
  demand.missed("default", [{ matchLabels: { mode: "chess" } }]);
  demand.missed("default", [{ matchLabels: { mode: "duel" }, gameServerState: "Allocated" }]);
  await turn();
  expect(woken).toEqual(["forest"]);
});
