import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { writeBackings } from "./backing.ts";
import { joinChanges, writeGameFolder } from "./game-folder.ts";

interface Pod {
  readonly containers: readonly { readonly env: readonly { readonly name: string }[] }[];
}
const folder = mkdtempSync(join(tmpdir(), "flotilla-folder-"));
afterAll(() => rmSync(folder, { recursive: true }));
const documents = (file: string) =>
  parseAllDocuments(readFileSync(join(folder, file), "utf8")).map((one) => one.toJS());

describe("the game's folder of a run", () => {
  it("says what a scenario wants to be other than in the example, each setting once", async () => {
    const changes = joinChanges([
      { room: [{ env: { ROOM_SEATS: "10" } }], login: [{ env: { A: "1" } }] },
      { login: [{ env: { A: "2", LOGIN_DOCUMENTS: "mongodb://mongodb/login" } }] },
      {
        maps: [
          { kind: "FleetAutoscaler", at: ["spec", "policy", "counter", "maxCapacity"], value: 10 },
        ],
      },
    ]);
    const ports = await writeGameFolder(folder, ["login", "room", "maps"], changes);
    expect([...ports.keys()]).toEqual(["login", "room"]);
    const envOf = (file: string) =>
      documents(file)[0].spec.template.spec.env.filter(({ name }: { readonly name: string }) =>
        /^(A|LOGIN_DOCUMENTS|ROOM_SEATS)$/.test(name),
      );
    expect(envOf("login.yaml")).toEqual([
      { name: "LOGIN_DOCUMENTS", value: "mongodb://mongodb/login" },
      { name: "A", value: "2" },
    ]);
    expect(envOf("room.yaml")).toEqual([{ name: "ROOM_SEATS", value: "10" }]);
    const [fleet, autoscaler] = documents("maps.yaml");
    expect(autoscaler.spec.policy.counter).toMatchObject({ bufferSize: 5, maxCapacity: 10 });
    expect(fleet.spec.template.spec.ports[0].portPolicy).toBe("Dynamic");
  });

  it("leads the game server to Redis where there is one, on a port that players are told; says why there is none", async () => {
    const { changes, missing } = await writeBackings(folder, ["redis"]);
    const why = missing.get("redis");
    await writeGameFolder(folder, ["maps"], changes);
    const { ports, template } = documents("maps.yaml")[0].spec.template.spec;
    const names = (template.spec as Pod).containers[0]?.env.map(({ name }) => name) ?? [];
    const isTold = names.includes("REDIS_URL") && names.includes("MAP_PUBLIC_ADDRESS");
    expect(why ?? "there is one").toMatch(/^redis-server is not installed$|^there is one$/);
    expect(isTold).toBe(why === undefined);
    expect(ports[0].portPolicy).toBe(why === undefined ? "Static" : "Dynamic");
    if (why === undefined) expect(documents("redis.yaml")[0].kind).toBe("Service");
  });
});
