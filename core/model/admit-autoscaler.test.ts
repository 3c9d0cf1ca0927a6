import { describe, expect, it } from "vitest";
import type { FleetError } from "../std/errors.ts";
import { isObject } from "../std/json.ts";
import { admit } from "./admit.ts";
import type { FleetAutoscaler } from "./fleet-autoscaler.ts";

function admitted(spec: object): FleetAutoscaler {
  const input = {
    apiVersion: "autoscaling.agones.dev/v1",
    kind: "FleetAutoscaler",
    metadata: { name: "arena" },
    spec: { fleetName: "arena", ...spec },
  };
  const { object } = admit(input, {
    kind: "FleetAutoscaler",
    now: "2026-01-01T00:00:00Z",
    uid: "00000000-0000-4000-8000-000000000000",
    fieldValidation: "Strict",
  });
  return object as FleetAutoscaler;
}

/** What is said of a policy: all of it in one answer. */
function problemsOf(policy: object, more: object = {}): string[] {
  try {
    admitted({ policy, ...more });
  } catch (error) {
    const { problems } = (error as FleetError).details;
    if (!Array.isArray(problems)) throw error;
    return problems.filter(isObject).map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

const buffer = { bufferSize: 2, maxReplicas: 10 };
const BROKEN = btoa("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
const capacity = { key: "rooms", bufferSize: 5, maxCapacity: 100 };

describe("a FleetAutoscaler", () => {
  it.each([
    ["Buffer", { type: "Buffer", buffer }],
    ["Counter", { type: "Counter", counter: capacity }],
    ["List", { type: "List", list: { ...capacity, bufferSize: "20%", minCapacity: 10 } }],
    ["Schedule", { type: "Schedule", schedule: { policy: { type: "Buffer", buffer } } }],
    ["Webhook", { type: "Webhook", webhook: { url: "http://127.0.0.1:8000/scale" } }],
    ["Chain", { type: "Chain", chain: [{ id: "a", type: "Buffer", buffer }] }],
  ])("takes Agones' %s and adds nothing that Agones does not know", (_, policy) => {
    const { spec } = admitted({ policy });
    expect(spec.behavior).toBeUndefined();
    expect(spec.policy).toMatchObject(policy);
    expect(spec.sync.fixedInterval.seconds).toBe(30);
  });

  it("looks every 30 seconds, unless told otherwise", () => {
    const policy = { type: "Buffer", buffer };
    expect(admitted({ policy }).spec.sync).toEqual({
      type: "FixedInterval",
      fixedInterval: { seconds: 30 },
    });
    const sync = { type: "FixedInterval", fixedInterval: { seconds: 5 } };
    expect(admitted({ policy, sync }).spec.sync).toEqual(sync);
  });

  it("is taken with any buffer whose numbers fit, and with no other", () => {
    let taken = 0;
    for (let bufferSize = 0; bufferSize < 6; bufferSize++)
      for (let minReplicas = 0; minReplicas < 6; minReplicas++)
        for (let maxReplicas = 0; maxReplicas < 6; maxReplicas++) {
          const fits =
            bufferSize > 0 &&
            maxReplicas >= bufferSize &&
            maxReplicas >= minReplicas &&
            (minReplicas === 0 || minReplicas >= bufferSize);
          const problems = problemsOf({
            type: "Buffer",
            buffer: { bufferSize, minReplicas, maxReplicas },
          });
          expect(problems.length === 0).toBe(fits);
          if (fits) taken++;
        }
    expect(taken).toBe(50);
  });

  it("goes down carefully with policies of ours, unless told otherwise", () => {
    const policy = { type: "CPU", cpu: { meanPercent: 60, maxReplicas: 10 } };
    const { spec } = admitted({ policy });
    expect(spec.behavior?.scaleDown).toEqual({
      stabilizationWindowSeconds: 300,
      selectPolicy: "Max",
      policies: [],
    });
    expect(spec.behavior?.scaleUp.stabilizationWindowSeconds).toBe(0);
    const behavior = { scaleDown: { stabilizationWindowSeconds: 5 } };
    expect(admitted({ policy, behavior }).spec.behavior?.scaleDown).toMatchObject({
      stabilizationWindowSeconds: 5,
    });
  });

  it("names the parts of a maximum by their types when they have no ids", () => {
    const max = [
      { type: "Buffer", buffer },
      { type: "CPU", cpu: { p95Percent: 80, maxReplicas: 4 } },
    ];
    const { policy } = admitted({ policy: { type: "Max", max } }).spec;
    expect(policy.type === "Max" && policy.max.map(({ id }) => id)).toEqual(["buffer", "cpu"]);
  });

  it("is the same when it is admitted again", () => {
    const max = [
      { type: "Players", players: { type: "List", key: "players", perServer: 8, maxReplicas: 4 } },
    ];
    const { spec } = admitted({ policy: { type: "Max", max } });
    expect(admitted(spec).spec).toEqual(spec);
  });

  // biome-ignore format: a table is read by its columns
  it.each([
    ["a policy without its field", { type: "Counter" }, ["spec.policy.counter: is required with type Counter, found nothing"]],
    ["an empty chain", { type: "Chain", chain: [] }, ["spec.policy.chain: must have 1..16 entries, found 0"]],
    ["room without bounds", { type: "Counter", counter: { ...capacity, bufferSize: 200, minCapacity: 3 } }, ["spec.policy.counter.maxCapacity: must be at least bufferSize (200), found 100", "spec.policy.counter.minCapacity: must be 0 or at least bufferSize (200), found 3"]],
    ["bounds in the wrong order", { type: "List", list: { ...capacity, minCapacity: 101 } }, ["spec.policy.list.minCapacity: must be at most maxCapacity (100), found 101"]],
    ["a share that never starts", { type: "List", list: { ...capacity, bufferSize: "20%" } }, ["spec.policy.list.minCapacity: must be at least 1 when bufferSize is a percentage, found 0"]],
    ["players without a target", { type: "Players", players: { type: "List", key: "players", maxReplicas: 1 } }, ["spec.policy.players: needs either perServer or targetPercent, found none"]],
    ["players with two targets", { type: "Players", players: { type: "List", key: "players", perServer: 1, targetPercent: 1, maxReplicas: 1 } }, ["spec.policy.players: needs either perServer or targetPercent, found both"]],
    ["CPU without a target", { type: "CPU", cpu: { maxReplicas: 1, minReplicas: 2 } }, ["spec.policy.cpu.minReplicas: must be at most maxReplicas (1), found 2", "spec.policy.cpu: needs meanPercent, p95Percent or both, found none"]],
    ["parts of the same id", { type: "Max", max: [{ type: "Buffer", buffer }, { type: "Buffer", buffer }] }, ['spec.policy.max[1].id: must be unique, "buffer" is at spec.policy.max[0].id too']],
    ["a wrong part inside", { type: "Chain", chain: [{ id: "a", type: "Buffer", buffer: { ...buffer, maxReplicas: 1 } }] }, ["spec.policy.chain[0].buffer.maxReplicas: must be at least bufferSize (2), found 1"]],
    ["a chain in a maximum", { type: "Max", max: [{ type: "Buffer", buffer, chain: [{ type: "Buffer" }] }] }, ["spec.policy.max[0].chain: a chain inside is not supported"]],
    ["a webhook of a service", { type: "Webhook", webhook: { service: { name: "x", namespace: "y" } } }, ["spec.policy.webhook.service: there are no services of Kubernetes here: give the program's url"]],
    ["a webhook without a place", { type: "Webhook", webhook: {} }, ["spec.policy.webhook.url: is required, found nothing"]],
    ["a webhook at another kind of place", { type: "Webhook", webhook: { url: "file:///etc/passwd", caBundle: "eA==" } }, ['spec.policy.webhook.url: must be a url with http or https, found "file:///etc/passwd"', "spec.policy.webhook.caBundle: must be base64 of PEM certificates"]],
    ["a bundle that nobody would look at", { type: "Webhook", webhook: { url: "http://a/", caBundle: BROKEN } }, ["spec.policy.webhook.caBundle: needs an https url, because nobody shows a certificate over http", "spec.policy.webhook.caBundle: must be base64 of PEM certificates"]],
    ["a bundle with a broken certificate", { type: "Chain", chain: [{ id: "a", type: "Webhook", webhook: { url: "https://a/", caBundle: BROKEN } }] }, ["spec.policy.chain[0].webhook.caBundle: must be base64 of PEM certificates"]],
    ["Wasm", { type: "Wasm", wasm: { from: { url: "x" } } }, ['spec.policy.type: "Wasm" is not supported yet', "spec.policy.wasm: no WebAssembly is run yet: a Webhook may say any number"]],
    ["a schedule full of mistakes", { type: "Schedule", schedule: { between: { start: "2026-02-01T00:00:00Z", end: "2026-01-01T00:00:00Z" }, activePeriod: { timezone: "Moon/Far", startCron: "61 * * * *", duration: "soon" }, policy: { type: "Buffer", buffer } } }, [
      "spec.policy.schedule.between.end: must not be before start (2026-02-01T00:00:00Z), found 2026-01-01T00:00:00Z",
      'spec.policy.schedule.activePeriod.timezone: must be the name of a time zone, found "Moon/Far"',
      'spec.policy.schedule.activePeriod.startCron: has no minute in "61"',
      'spec.policy.schedule.activePeriod.duration: must be a duration such as 1h30m, found "soon"',
    ]],
    ["a time zone in the crontab line", { type: "Schedule", schedule: { activePeriod: { startCron: "TZ=UTC 0 0 * * *" }, policy: { type: "Buffer", buffer } } }, ["spec.policy.schedule.activePeriod.startCron: must not name a time zone: use timezone"]],
  ])("refuses %s", (_, policy, problems) => {
    expect(problemsOf(policy)).toEqual(problems);
  });

  it("refuses a step without its period", () => {
    const behavior = { scaleUp: { policies: [{ type: "Pods", value: 0 }] } };
    expect(problemsOf({ type: "Buffer", buffer }, { behavior })).toEqual([
      "spec.behavior.scaleUp.policies[0].periodSeconds: is required, found nothing",
      'spec.behavior.scaleUp.policies[0].type: must be Replicas or Percent, found "Pods"',
      "spec.behavior.scaleUp.policies[0].value: must be 1..1000000, found 0",
    ]);
  });
});
