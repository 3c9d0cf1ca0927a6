import { describe, expect, it } from "vitest";
import { wantedOf } from "./command-line.ts";
import { readRuns } from "./compare/read-runs.ts";
import { findRunningPlatform } from "./platform/running-platform.ts";
import { Targets } from "./platform/targets.ts";

describe("the command line of load tests", () => {
  it("takes scenarios, a profile, and where to leave the results", () => {
    const wanted = wantedOf(["login", "journey", "--profile", "load", "--out", "here"]);
    expect(wanted).toMatchObject({ do: "run", profile: "load", out: "here", allowed: [] });
    expect(wanted.do === "run" && wanted.scenarios.map(([name]) => name)).toEqual([
      "login",
      "journey",
    ]);
  });

  it("is smoke on a platform of its own unless it says otherwise", () => {
    const game = { profile: "smoke", arrivals: 100, target: undefined };
    expect(wantedOf(["game"])).toMatchObject(game);
    expect(wantedOf(["game", "--arrivals", "50"])).toMatchObject({ arrivals: 50 });
    expect(wantedOf(["compare", "a", "b"])).toEqual({ do: "compare", a: "a", b: "b" });
    expect(wantedOf(["report", "x.json"])).toEqual({ do: "report", files: ["x.json"] });
    expect(wantedOf([])).toEqual({ do: "help" });
  });

  it.each([
    [["dance"], /there is no scenario dance/],
    [["login", "--profile", "huge"], /--profile huge: one of smoke, load, spike/],
    [["login", "--target", "http://127.0.0.1:1"], /--target and --state go together/],
    [["login", "--state", "here"], /--target and --state go together/],
    [["game", "--arrivals", "0.5"], /--arrivals 0\.5: a whole number from 1 to 1000/],
    [["game", "udp", "--arrivals", "50"], /--arrivals: in udp nobody arrives by a rate/],
    [["compare", "one"], /compare takes two results/],
    [["report"], /report takes a result\.json/],
    [["login", "--speed", "5"], /--speed/],
  ] as const)("says what is wrong with %j", (args, words) => {
    expect(() => wantedOf(args)).toThrow(words);
  });

  it("says what is wrong with results that are none", () => {
    expect(() => readRuns("nowhere")).toThrow(/cannot read nowhere/);
    expect(() => readRuns("package.json")).toThrow(/package\.json is no result of a load test/);
    expect(() => readRuns("README.md")).toThrow(/README\.md is no JSON/);
    expect(() => readRuns("loadtest/compare")).toThrow(/there is no result\.json/);
  });

  it("says what is wrong with a target", async () => {
    const find = (url: string): Promise<unknown> =>
      findRunningPlatform({ url, state: "nowhere", parts: [], targets: new Targets([]) });
    await expect(find("http://192.0.2.7:8700")).rejects.toThrow(/--i-may-load 192\.0\.2\.7/);
    await expect(find("http://127.0.0.1:8700")).rejects.toThrow(/cannot read nowhere.admin\.token/);
  });
});
