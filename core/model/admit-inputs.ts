import { FleetError, type Problem } from "../std/errors.ts";
import { mergePatch } from "../std/json.ts";
import { type AdmitContext, admit } from "./admit.ts";
import { apiVersionOf } from "./kinds.ts";
import type { Kind, Kinds } from "./resource.ts";

/** For the tests of admission: good inputs, patches of them, and what is said of a bad one. */
export const NOW = "2026-01-01T00:00:00Z";
export const UID = "6b1f1a52-70f4-4bd0-9a44-0123456789ab";
const POD = { spec: { containers: [{ name: "game", image: "arena" }] } };
const GAME = { ports: [{ name: "game", containerPort: 7654 }], template: POD };
/** A good spec of each kind, as short as it may be. */
export const SPECS: Readonly<Record<Kind, object>> = {
  GameServer: GAME,
  GameServerSet: { replicas: 2, template: { spec: GAME } },
  Fleet: { replicas: 3, template: { metadata: { labels: { map: "a" } }, spec: GAME } },
  FleetRevision: { revision: 1, template: { spec: GAME } },
  FleetAutoscaler: {
    fleetName: "arena",
    policy: { type: "Buffer", buffer: { bufferSize: 2, maxReplicas: 10 } },
  },
  Container: { image: "red-blue", command: ["sh"], resources: { limits: { cpu: "400m" } } },
  Service: { replicas: 2, ports: [{ port: 80 }], template: { spec: { image: "web" } } },
  Network: { subnet: "11.11.11.0/24" },
  Image: { reference: "arena", digest: `sha256:${"0".repeat(64)}` },
  Node: {},
  Room: { fleet: "arena" },
};
export const KIND_NAMES = Object.keys(SPECS) as Kind[];

export const inputOf = (kind: Kind, patch: object = {}): Record<string, unknown> =>
  mergePatch(
    { apiVersion: apiVersionOf(kind), kind, metadata: { name: "arena" }, spec: SPECS[kind] },
    patch,
  );
export const contextOf = (kind: Kind, more: Partial<AdmitContext> = {}): AdmitContext => ({
  kind,
  now: NOW,
  uid: UID,
  fieldValidation: "Strict",
  ...more,
});
export function made<K extends Kind>(
  kind: K,
  patch: object = {},
  more: Partial<AdmitContext> = {},
) {
  return admit(inputOf(kind, patch), contextOf(kind, more)).object as Kinds[K];
}
export function refusal(run: () => unknown): FleetError {
  try {
    run();
  } catch (error) {
    if (error instanceof FleetError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
export function problemsOf(kind: Kind, patch: object, more: Partial<AdmitContext> = {}): string[] {
  const { details } = refusal(() => made(kind, patch, more));
  return (details.problems as Problem[]).map(({ path, message }) => `${path}: ${message}`);
}
export const spec = (patch: object): object => ({ spec: patch });
export const container = (patch: object): object =>
  spec({ template: { spec: { containers: [{ name: "game", image: "arena", ...patch }] } } });
export const pod = (patch: object): object => spec({ template: { spec: patch } });
export const ports = (...list: object[]): object => spec({ ports: list });
