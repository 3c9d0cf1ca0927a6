import { expect, it } from "vitest";
import { FleetStory, NOTHING } from "./fleet-story.ts";

it("tells each second how the fleet was at its end, and nothing before anything was known", () => {
  const story = new FleetStory();
  story.change({ desired: 1 }, 400);
  expect(story.changes).toEqual([]);
  expect(story.change({ wanted: 1, replicas: 1, ready: 1 }, 1_200)).toBe(true);
  expect(story.change({ replicas: 1 }, 1_300)).toBe(false);
  expect(story.change({ desired: 3, because: "8 players" }, 1_900)).toBe(true);
  expect(story.change({ replicas: 3 }, 4_000)).toBe(true);
  story.event({ atSecond: 1, reason: "ScaleUp", message: "from 1 to 3" });
  const { replicas, desired, events, players } = story.record("arena", 6);
  expect(replicas).toEqual([null, 1, 1, 1, 3, 3]);
  expect(desired).toEqual([null, 3, 3, 3, 3, 3]);
  expect(players).toEqual([null, 0, 0, 0, 0, 0]);
  expect(events).toHaveLength(1);
  expect(story.changes.map(({ atMs }) => atMs)).toEqual([1_200, 1_900, 4_000]);
  expect(story.now).toEqual({
    ...NOTHING,
    wanted: 1,
    replicas: 3,
    ready: 1,
    desired: 3,
    because: "8 players",
  });
});
