import { describe, expect, it } from "vitest";
import { made } from "../core/model/admit-inputs.ts";
import type { GameServer } from "../core/model/game-server.ts";
import { SharedParts } from "./shared-parts.ts";

const server = (name: string, labels: object = { map: "a" }): GameServer =>
  made("GameServer", { metadata: { name, labels } });

describe("shared parts", () => {
  it("are one object in all resources that have them equal", () => {
    const parts = new SharedParts({ partsMax: 100 });
    const [one, two] = [parts.share(server("one")), parts.share(server("two"))];
    expect(two.spec).toBe(one.spec);
    expect(two.metadata.labels).toBe(one.metadata.labels);
    expect(parts.share(server("three", { map: "b" })).metadata.labels).not.toBe(
      one.metadata.labels,
    );
  });

  it("change no value", () => {
    const parts = new SharedParts({ partsMax: 100 });
    for (const name of ["one", "two", "three"]) {
      const given = server(name, { name });
      expect(parts.share(given)).toEqual(given);
    }
  });

  it("are remembered up to a bound, those that come again for longer", () => {
    const parts = new SharedParts({ partsMax: 10 });
    const first = parts.share(server("first"));
    for (let i = 0; i < 50; i++) {
      parts.share(server(`other-${i}`, { map: `${i}` }));
      expect(parts.share(server("again")).spec).toBe(first.spec);
      expect(parts.size).toBeLessThanOrEqual(20);
    }
    expect(parts.share(server("late", { map: "0" })).metadata.labels).toEqual({ map: "0" });
  });
});
