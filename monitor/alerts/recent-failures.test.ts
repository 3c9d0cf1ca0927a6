import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../../core/model/history.ts";
import { RecentFailures } from "./recent-failures.ts";

let id = 0;
function row(change: Partial<HistoryRow>): HistoryRow {
  id += 1;
  return {
    ...{ id, atMs: 0, kind: "GameServer", namespace: "default", name: `gs-${id}`, uid: `u${id}` },
    ...{
      from: "Ready",
      to: "Unhealthy",
      reason: "Exited",
      by: "node n1",
      node: "n1",
      fleet: "arena",
    },
    ...change,
  };
}
const ownerOf = ({ fleet, namespace, name, kind }: HistoryRow) =>
  fleet ? { kind: "Fleet", namespace, name: fleet } : { kind, namespace, name };

function found(rows: readonly HistoryRow[], now = 1_000): string[] {
  const failures = new RecentFailures({ ownerOf, isThere: () => true });
  failures.add(rows);
  return failures
    .findings(now)
    .filter(({ level }) => level === "over")
    .map(({ rule, subject }) => `${rule} ${subject.kind}/${subject.name}`);
}
const standalone = (to: string, change: Partial<HistoryRow> = {}): HistoryRow => {
  const { fleet: _, ...rest } = row({
    kind: "Container",
    name: "c",
    uid: "c",
    from: "Running",
    to,
  });
  return { ...rest, ...change };
};
/** A game server that is made and fails at once. */
const crash = (atMs: number, uid: string): HistoryRow[] => [
  row({ uid, name: uid, from: "", to: "Creating", reason: "ScaleUp", atMs }),
  row({ uid, name: uid, from: "Starting", atMs: atMs + 500 }),
];

describe("failures of the last minutes", () => {
  it.each([
    [
      "an out-of-memory kill names the fleet",
      [row({ reason: "OOMKilled" })],
      ["OutOfMemory Fleet/arena"],
    ],
    [
      "one of a container names the container",
      [standalone("Backoff", { reason: "OOMKilled" })],
      ["OutOfMemory Container/c"],
    ],
    ["two crashes at the start are no loop", [...crash(0, "a"), ...crash(100, "b")], []],
    [
      "three are",
      [...crash(0, "a"), ...crash(100, "b"), ...crash(200, "c")],
      ["CrashLoop Fleet/arena"],
    ],
    ["servers that end after a while are no loop", [1, 2, 3, 4].map(() => row({})), []],
    [
      "a container in its third backoff is one",
      [1, 2, 3].map(() => standalone("Backoff")),
      ["CrashLoop Container/c"],
    ],
    [
      "games that end well are none",
      [1, 2, 3, 4].map(() => row({ to: "Shutdown", reason: "Completed" })),
      [],
    ],
    [
      "a lost node is not the fault of its servers",
      [1, 2, 3, 4].map(() => row({ reason: "NodeLost", to: "Unhealthy" })),
      [],
    ],
    [
      "what somebody restarts is no failure",
      [1, 2, 3, 4].map(() => standalone("Running", { reason: "Restarted", by: "user ann" })),
      [],
    ],
    [
      "failures of many on one node are a storm",
      Array.from({ length: 20 }, (_, i) => row({ fleet: `f${i % 5}` })),
      ["RestartStorm Node/n1"],
    ],
    ["of one owner they are none", Array.from({ length: 30 }, () => row({})), []],
  ])("%s", (_, rows, expected) => {
    expect(found(rows)).toEqual(expected);
  });

  it("concern nobody when what failed was deleted", () => {
    const there = new Set(["Fleet"]);
    const isThere = ({ kind }: { readonly kind: string }): boolean => there.has(kind);
    const failures = new RecentFailures({ ownerOf, isThere });
    failures.add([row({ reason: "OOMKilled" })]);
    expect(failures.findings(1_000)).toHaveLength(1);
    there.clear();
    expect(failures.findings(1_000)).toEqual([]);
  });

  it("are forgotten when their time is over", () => {
    const rows = [
      ...crash(0, "a"),
      ...crash(100, "b"),
      ...crash(200, "c"),
      row({ reason: "OOMKilled" }),
    ];
    expect(found(rows, 59_000)).toHaveLength(2);
    expect(found(rows, 100_000)).toEqual(["OutOfMemory Fleet/arena"]);
    expect(found(rows, 121_000)).toEqual([]);
  });
});
