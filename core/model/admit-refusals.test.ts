import { describe, expect, it } from "vitest";
import { admit, type FieldValidation } from "./admit.ts";
import {
  container,
  contextOf,
  inputOf,
  made,
  pod,
  ports,
  problemsOf,
  refusal,
  spec,
} from "./admit-inputs.ts";
import type { Kind } from "./resource.ts";

describe("refusing", () => {
  // biome-ignore format: a table is read by its rows
  it.each<[string, Kind, object, string[]]>([
    ["a wrong name", "Fleet", { metadata: { name: "Arena_1" } }, ['metadata.name: must be lowercase letters, digits, - and . (first and last a letter or digit), found "Arena_1"']],
    ["a long name", "Fleet", { metadata: { name: "a".repeat(64) } }, ["metadata.name: must have 1..63 characters, found 64"]],
    ["no name", "Fleet", { metadata: { name: null } }, ["metadata.name: is required, found nothing"]],
    ["a number as a label", "Fleet", { metadata: { labels: { v: 1 } } }, ["metadata.labels.v: must be a string, found 1 (put it in quotes)"]],
    ["a wrong label", "Fleet", { metadata: { labels: { "a/b/c": "-" } } }, ['metadata.labels["a/b/c"]: must be letters, digits, -, _ and . (first and last a letter or digit), found "-"', 'metadata.labels["a/b/c"]: the name must be letters, digits, -, _ and ., at most 63, perhaps after a DNS name and / (such as example.com/map), found "a/b/c"']],
    ["no template", "Fleet", spec({ template: null }), ["spec.template: is required, found nothing"]],
    ["negative replicas", "Fleet", spec({ replicas: -1 }), ["spec.replicas: must be 0..1000000, found -1"]],
    ["a share of nothing", "Fleet", spec({ strategy: { rollingUpdate: { maxSurge: "0%" } } }), ['spec.strategy.rollingUpdate.maxSurge: must be a whole number from 1 or a percentage from 1% to 99%, found "0%"']],
    ["a drain and an age that are no seconds", "Fleet", { metadata: { annotations: { "flotilla.dev/drain-seconds": "10m", "flotilla.dev/max-session-age-seconds": "0" } } }, ['metadata.annotations["flotilla.dev/drain-seconds"]: must be whole seconds from 0 on, found "10m"', 'metadata.annotations["flotilla.dev/max-session-age-seconds"]: must be whole seconds from 1 on, found "0"']],
    ["a drain that is said twice, differently", "Fleet", { metadata: { annotations: { "flotilla.dev/drain-seconds": "60" } }, spec: { drainSeconds: 30 } }, ['metadata.annotations["flotilla.dev/drain-seconds"]: must be as spec.drainSeconds (30) or be left out, found "60"']],
    ["a session of no length", "Fleet", spec({ drainSeconds: -1, maxSessionAgeSeconds: 0 }), ["spec.drainSeconds: must be 0..999999999, found -1", "spec.maxSessionAgeSeconds: must be 1..999999999, found 0"]],
    ["another revision", "FleetRevision", spec({ revision: 0 }), ["spec.revision: must be 1..9007199254740991, found 0"]],
    ["two containers", "GameServer", pod({ containers: [{ name: "a", image: "a" }, { name: "b", image: "b" }] }), ["spec.template.spec.containers: must have exactly 1 entry, found 2"]],
    ["an unknown container", "GameServer", spec({ container: "other" }), ['spec.container: must be the container of the template (game), found "other"', 'spec.ports[0].container: must be the container of the template (game), found "other"']],
    ["a port out of range", "GameServer", ports({ containerPort: 70000 }), ["spec.ports[0].containerPort: must be 1..65535, found 70000"]],
    ["a Dynamic port without container port", "GameServer", ports({}), ["spec.ports[0].containerPort: is required with portPolicy Dynamic, found nothing"]],
    ["a Dynamic port with host port", "GameServer", ports({ containerPort: 1, hostPort: 2 }), ["spec.ports[0].hostPort: must not be set with portPolicy Dynamic, found 2"]],
    ["a Passthrough port with container port", "GameServer", ports({ portPolicy: "Passthrough", containerPort: 1 }), ["spec.ports[0].containerPort: must not be set with portPolicy Passthrough, found 1"]],
    ["a Static port without host port", "GameServer", ports({ portPolicy: "Static", containerPort: 1 }), ["spec.ports[0].hostPort: is required with portPolicy Static, found nothing"]],
    ["one host port twice", "GameServer", ports( { portPolicy: "Static", containerPort: 1, hostPort: 2 }, { portPolicy: "Static", containerPort: 2, hostPort: 2 }, ), ['spec.ports[1].hostPort: must be unique, "UDP 2" is at spec.ports[0].hostPort too']],
    ["another port range", "GameServer", ports({ containerPort: 1, range: "game" }), ['spec.ports[0].range: must be default, found "game"']],
    ["one SDK port for two", "GameServer", spec({ sdkServer: { grpcPort: 9358 } }), ["spec.sdkServer.httpPort: must differ from grpcPort, found 9358 for both"]],
    ["a full counter", "GameServer", spec({ counters: { rooms: { count: 3, capacity: 2 } } }), ["spec.counters.rooms.count: must be at most the capacity 2, found 3"]],
    ["a counter by a name that every object has", "GameServer", spec({ counters: { constructor: {} }, lists: { toString: {} } }), ["counters.constructor", "lists.toString"].map((at) => `spec.${at}: the name must be letters, digits, -, _ and . (first and last a letter or digit), and no name that every object has, such as constructor, found "${at.split(".")[1]}"`)],
    ["a repeated list value", "GameServer", spec({ lists: { p: { values: ["a", "a"] } } }), ['spec.lists.p.values[1]: must be unique, "a" is at [0] too']],
    ["player tracking", "GameServer", spec({ players: { initialCapacity: 5 } }), ["spec.players: player tracking is deprecated and not supported: use a list named players"]],
    ["the host's network", "GameServer", pod({ hostNetwork: true }), ["spec.template.spec.hostNetwork: is not supported: a container has its own namespaces"]],
    ["init containers", "GameServer", pod({ initContainers: [{ name: "a" }] }), ["spec.template.spec.initContainers: is not supported: one container per game server"]],
    ["privileges", "GameServer", container({ securityContext: { privileged: true, capabilities: { add: ["ALL"] } } }), ["spec.template.spec.containers[0].securityContext.privileged: privileged containers are not supported", "spec.template.spec.containers[0].securityContext.capabilities.add: capabilities cannot be added"]],
    ["an unconfined filter", "GameServer", container({ securityContext: { seccompProfile: { type: "Unconfined" } } }), ['spec.template.spec.containers[0].securityContext.seccompProfile.type: must be RuntimeDefault, found "Unconfined"']],
    ["values from elsewhere", "GameServer", container({ env: [{ name: "A", valueFrom: { fieldRef: {} } }], envFrom: [{}] }), ["spec.template.spec.containers[0].env[0].valueFrom: values from elsewhere are not supported: write the value", "spec.template.spec.containers[0].envFrom: values from elsewhere are not supported: write them into env"]],
    ["hooks", "GameServer", container({ lifecycle: { preStop: {} } }), ["spec.template.spec.containers[0].lifecycle: lifecycle hooks are not supported"]],
    ["a volume of the host", "GameServer", pod({ volumes: [{ name: "v", hostPath: { path: "/" } }] }), ["spec.template.spec.volumes[0].hostPath: is not supported: named, secret and emptyDir volumes are"]],
    ["a secret out of its folder", "GameServer", pod({ volumes: [{ name: "v", secret: { secretName: "../admin.token" } }] }), ['spec.template.spec.volumes[0].secret.secretName: must be letters, digits, -, _ and ., found "../admin.token"']],
    ["two kinds in one volume", "GameServer", pod({ volumes: [{ name: "v", emptyDir: {}, named: { volume: "a" } }] }), ["spec.template.spec.volumes[0]: must have exactly one of named, secret and emptyDir, found 2"]],
    ["a mount of no volume", "GameServer", container({ volumeMounts: [{ name: "v", mountPath: "/data" }] }), ['spec.template.spec.containers[0].volumeMounts[0].name: must be one of the volumes (none), found "v"']],
    ["a path that climbs", "GameServer", container({ volumeMounts: [{ name: "v", mountPath: "/a/../b" }] }), ['spec.template.spec.containers[0].volumeMounts[0].mountPath: must be an absolute path without .. and control characters, found "/a/../b"', 'spec.template.spec.containers[0].volumeMounts[0].name: must be one of the volumes (none), found "v"']],
    ["a path that climbs after a line break", "GameServer", container({ workingDir: "/a\u2028/../b" }), ['spec.template.spec.containers[0].workingDir: must be an absolute path without .. and control characters, found "/a\u2028/../b"']],
    ["a mount over the kernel's files", "GameServer", { spec: { template: { spec: { volumes: [{ name: "v", emptyDir: {} }], containers: [{ name: "game", image: "arena", volumeMounts: [{ name: "v", mountPath: "//./proc//self" }] }] } } } }, ['spec.template.spec.containers[0].volumeMounts[0].mountPath: must not be / or under /proc, /sys or /dev, found "//./proc//self"']],
    ["a NUL", "GameServer", container({ args: ["a\u0000b"] }), ['spec.template.spec.containers[0].args[0]: must be text without a NUL, found "a\\u0000b"']],
    ["a request over its limit", "GameServer", container({ resources: { limits: { cpu: "500m" }, requests: { cpu: 1 } } }), ['spec.template.spec.containers[0].resources.requests.cpu: must be at most the limit "500m", found 1']],
    ["thousandths of a byte", "GameServer", container({ resources: { limits: { memory: "200m" } } }), ['spec.template.spec.containers[0].resources.limits.memory: must be 0 or at least 1Mi, found "200m" (m is thousandths)']],
    ["a negative quantity", "GameServer", container({ resources: { limits: { cpu: -1 } } }), ["spec.template.spec.containers[0].resources.limits.cpu: must be a quantity that is not negative, such as 500m, 1.5 or 200Mi, found -1"]],
    ["root as not root", "GameServer", container({ securityContext: { runAsUser: 0, runAsNonRoot: true } }), ["spec.template.spec.containers[0].securityContext.runAsUser: must not be 0 when runAsNonRoot is true, found 0"]],
    ["a probe in two ways", "GameServer", container({ livenessProbe: { tcpSocket: { port: 1 }, exec: { command: ["a"] } } }), ["spec.template.spec.containers[0].livenessProbe: must have exactly one of httpGet, tcpSocket and exec, found 2"]],
    ["a development server at no address", "GameServer", { metadata: { annotations: { "agones.dev/dev-address": "home" } }, spec: { ports: [{ portPolicy: "Static", hostPort: 1 }] } }, ['metadata.annotations["agones.dev/dev-address"]: must be an IP address, found "home"']],
    ["a development server with a Dynamic port", "GameServer", { metadata: { annotations: { "agones.dev/dev-address": "10.0.0.1" } } }, ["spec.ports[0].portPolicy: must be Static for a development server, found Dynamic", "spec.ports[0].hostPort: is required for a development server"]],
    ["another policy", "FleetAutoscaler", spec({ policy: { type: "Wasm" } }), ['spec.policy.type: "Wasm" is not supported yet']],
    ["a buffer without room", "FleetAutoscaler", spec({ policy: { buffer: { bufferSize: 20, minReplicas: 3 } } }), ["spec.policy.buffer.maxReplicas: must be at least bufferSize (20), found 10", "spec.policy.buffer.minReplicas: must be 0 or at least bufferSize (20), found 3"]],
    ["a share that never starts", "FleetAutoscaler", spec({ policy: { buffer: { bufferSize: "20%" } } }), ["spec.policy.buffer.minReplicas: must be at least 1 when bufferSize is a percentage, found 0"]],
    ["no buffer", "FleetAutoscaler", spec({ policy: { buffer: null } }), ["spec.policy.buffer: is required with type Buffer, found nothing"]],
    ["a subnet with host bits", "Network", spec({ subnet: "11.11.11.1/24" }), ['spec.subnet: must be a subnet such as 11.11.11.0/24, found "11.11.11.1/24"']],
    ["a wrong address", "Container", spec({ address: "11.11.11" }), ['spec.address: must be an IPv4 address such as 10.0.0.1, found "11.11.11"']],
    ["a wrong digest", "Image", spec({ digest: "sha256:1" }), ['spec.digest: must be sha256: and 64 hexadecimal digits, found "sha256:1"']],
  ])("%s", (_, kind, patch, expected) => {
    expect(problemsOf(kind, patch)).toEqual(expected);
  });

  it("says all problems of a spec in one message", () => {
    const patch = { ...ports({}), ...{ metadata: { name: "X" } } };
    const { code, message } = refusal(() => made("GameServer", patch));
    expect(code).toBe("INVALID");
    expect(message).toBe(
      'GameServer "X" is invalid: metadata.name: must be lowercase letters, digits, - and . (first and last a letter or digit), found "X"; spec.ports[0].containerPort: is required with portPolicy Dynamic, found nothing',
    );
  });

  it.each([
    ["no object", [], "a Fleet must be an object, found an empty list"],
    ["another kind", { kind: "GameServer" }, 'kind must be Fleet here, found "GameServer"'],
    ["another group", { apiVersion: "v1" }, 'apiVersion must be agones.dev/v1 here, found "v1"'],
  ])("%s as a bad request", (_, input, message) => {
    const error = refusal(() => admit(input, contextOf("Fleet")));
    expect([error.code, error.message]).toEqual(["BAD_REQUEST", message]);
  });

  it("treats an unknown field as asked", () => {
    const patch = spec({ replicsa: 5 });
    const warnings = (fieldValidation: FieldValidation) =>
      admit(inputOf("Fleet", patch), contextOf("Fleet", { fieldValidation })).warnings;
    expect(problemsOf("Fleet", patch)).toEqual([
      "spec.replicsa: is not a known field; did you mean replicas?",
    ]);
    expect(warnings("Warn")).toEqual([
      "spec.replicsa: is not a known field and was left out; did you mean replicas?",
    ]);
    expect(warnings("Ignore")).toEqual([]);
  });

  it("accepts what means nothing here with a warning each", () => {
    const patch = pod({
      tolerations: [{}],
      serviceAccountName: "x",
      containers: [{ name: "game", image: "arena", imagePullPolicy: "Always" }],
    });
    expect(admit(inputOf("GameServer", patch), contextOf("GameServer")).warnings).toEqual([
      "spec.template.spec.containers[0].imagePullPolicy: has no effect: an image is fetched when it is missing",
      "spec.template.spec.tolerations: has no effect on placing: use nodeSelector",
      "spec.template.spec.serviceAccountName: means nothing here: there are no pods and no Kubernetes accounts",
    ]);
  });

  it("takes a development server without container port", () => {
    const patch = {
      metadata: { annotations: { "agones.dev/dev-address": "::1" } },
      ...ports({ portPolicy: "Static", hostPort: 7777 }),
    };
    expect(made("GameServer", patch).status.state).toBe("Creating");
  });
});
