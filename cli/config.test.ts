import { describe, expect, it } from "vitest";
import { FleetError } from "../core/std/errors.ts";
import { childEnvironment, configFlags, resolveConfig, SETTING_NAMES, SETTINGS } from "./config.ts";

function refusal(run: () => unknown): FleetError {
  try {
    run();
  } catch (error) {
    if (error instanceof FleetError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("resolveConfig", () => {
  it("takes a flag before the environment, the environment before the file, the file before the default", () => {
    const env = { FLOTILLA_PORT: "9002", FLOTILLA_POOL: "10.1.0.0/16" };
    const file = { port: 9003, pool: "10.2.0.0/16", node: "from-file" };
    const config = resolveConfig({ port: "9001" }, env, file);
    expect(config).toMatchObject({ port: 9001, pool: "10.1.0.0/16", node: "from-file" });
    expect(config.portRange).toBe("7000-8000");
  });

  it("takes an empty variable as one that is not set", () => {
    expect(resolveConfig({}, { FLOTILLA_PORT: "" }, {}).port).toBe(8700);
  });

  it.each([
    [
      "a port that is no number",
      { port: "eight" },
      '--port takes a port from 1 to 65535, not "eight"',
    ],
    ["a port out of range", { port: "65536" }, '--port takes a port from 1 to 65535, not "65536"'],
    [
      "a range that runs backwards",
      { portRange: "8000-7000" },
      '--port-range takes two ports such as 7000-8000, not "8000-7000"',
    ],
    [
      "an unknown driver",
      { driver: "docker" },
      '--driver takes auto, shim or process, not "docker"',
    ],
    [
      "a URL that is none",
      { api: "localhost" },
      '--api takes a URL such as http://127.0.0.1:8700, not "localhost"',
    ],
  ])("refuses %s and says what it takes", (_, flags, message) => {
    expect(refusal(() => resolveConfig(flags, {}, {})).message).toBe(message);
  });

  it("refuses an unknown variable and an unknown key, each with the nearest known name", () => {
    const variable = refusal(() => resolveConfig({}, { FLOTILLA_STAET: "/x" }, {}));
    expect(variable.details).toEqual({ next: "did you mean FLOTILLA_STATE?" });
    const key = refusal(() => resolveConfig({}, {}, { portrange: "1-2" }));
    expect(key.message).toBe("the configuration file has no setting portrange");
    expect(key.details).toEqual({ next: "did you mean portRange?" });
  });

  it("leaves variables of others alone", () => {
    expect(resolveConfig({}, { PATH: "/bin", FLOTILLAX: "1" }, {}).port).toBe(8700);
  });
});

describe("the table of settings", () => {
  it("gives each setting a variable of its own, and every default is one that it would take", () => {
    expect(new Set(SETTING_NAMES.map((name) => SETTINGS[name].env)).size).toBe(
      SETTING_NAMES.length,
    );
    for (const name of SETTING_NAMES) {
      const { fallback, read } = SETTINGS[name];
      expect(read(String(fallback)), name).toEqual(fallback);
    }
  });

  it("never passes a secret on as a flag", () => {
    const config = resolveConfig({}, { FLOTILLA_TOKEN: "hush" }, {});
    expect(configFlags(config, SETTING_NAMES).join(" ")).not.toContain("hush");
  });

  it("gives a child its secrets by the environment, and no other variable of ours", () => {
    const url = "https://hooks.example/hush";
    const config = resolveConfig({ alertWebhook: url }, { FLOTILLA_TOKEN: "hush" }, {});
    expect(configFlags(config, SETTING_NAMES).join(" ")).not.toContain("hush");
    const own = { PATH: "/bin", FLOTILLA_PORT: "9" };
    expect(childEnvironment(own, config, SETTING_NAMES)).toEqual({
      PATH: "/bin",
      FLOTILLA_ALERT_WEBHOOK: url,
    });
    expect(childEnvironment(own, config, ["state", "port"])).toEqual({ PATH: "/bin" });
  });

  it("gives a child the same settings that it was given itself", () => {
    const config = resolveConfig({ state: "/s", port: "9", driver: "process" }, {}, {});
    const flags = configFlags(config, ["state", "port", "driver"]);
    expect(flags).toEqual(["--state", "/s", "--port", "9", "--driver", "process"]);
  });
});
