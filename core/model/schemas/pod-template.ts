import type { Schema } from "../schema.ts";
import { dnsLabel, ignored, ignoredAll, list, object, refused, refusedAll } from "./build.ts";
import {
  CONTAINER_FIELDS,
  CONTAINER_PORT,
  GRACE,
  NODE_SELECTOR,
  RUN_AS,
  VOLUMES,
} from "./container-template.ts";
import { TEMPLATE_METADATA } from "./metadata.ts";

const CONTAINER: Schema = object(
  "The container of the game.",
  {
    ...CONTAINER_FIELDS,
    ports: list(
      "Kept; what players reach is in the GameServer's own ports.",
      object(
        "One port.",
        { ...CONTAINER_PORT, hostPort: refused("use the GameServer's ports for host ports") },
        { required: ["containerPort"] },
      ),
      100,
    ),
  },
  { required: ["name", "image"] },
);

const SECURITY: Schema = object("Rights of the process, unless its container says otherwise.", {
  ...RUN_AS,
  ...ignoredAll("groups of files are as the image has them", [
    ...["fsGroup", "fsGroupChangePolicy", "supplementalGroups", "supplementalGroupsPolicy"],
  ]),
  sysctls: refused("kernel settings cannot be set"),
});

/** A pod template: Kubernetes' fields, each used, accepted with a warning, or refused by name. */
export const POD_TEMPLATE: Schema = object(
  "What runs, in the form of a Kubernetes pod template with one container.",
  {
    metadata: TEMPLATE_METADATA,
    spec: object(
      "The container and its surroundings.",
      {
        containers: list("Exactly one container.", CONTAINER, 1, { minItems: 1 }),
        volumes: VOLUMES,
        terminationGracePeriodSeconds: GRACE,
        nodeSelector: NODE_SELECTOR,
        network: dnsLabel("Name of a Network in the same namespace (not known to Kubernetes)."),
        securityContext: SECURITY,
        restartPolicy: ignored("a game server is not restarted, it is replaced", ["Never"]),
        ...refusedAll("is not supported: one container per game server", [
          ...["initContainers", "ephemeralContainers"],
        ]),
        ...refusedAll("is not supported: a container has its own namespaces", [
          ...["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"],
        ]),
        hostAliases: refused("additions to /etc/hosts are not supported"),
        runtimeClassName: refused("other runtimes are not supported"),
        activeDeadlineSeconds: refused("is not supported: nothing ends a game server by time"),
        resources: refused("limits belong to the container"),
        schedulingGates: refused("scheduling gates are not supported"),
        resourceClaims: refused("device claims are not supported"),
        ...ignoredAll("means nothing here: there are no pods and no Kubernetes accounts", [
          ...["serviceAccountName", "serviceAccount", "automountServiceAccountToken"],
          ...["imagePullSecrets", "enableServiceLinks", "subdomain", "setHostnameAsFQDN", "os"],
          ...["readinessGates", "overhead", "preemptionPolicy", "priority", "priorityClassName"],
        ]),
        ...ignoredAll("has no effect on placing: use nodeSelector", [
          ...["tolerations", "affinity", "nodeName", "schedulerName", "topologySpreadConstraints"],
        ]),
        ...ignoredAll("has no effect: names are resolved by the network's own DNS", [
          ...["dnsPolicy", "dnsConfig"],
        ]),
        hostname: ignored("the host name is the game server's name"),
        hostUsers: ignored("a container never has the host's users", [false]),
      },
      { required: ["containers"] },
    ),
  },
  { required: ["spec"] },
);
