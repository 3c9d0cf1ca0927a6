import { PLATFORM_API } from "../platform-api.ts";
import type { Schema } from "../schema.ts";
import { dnsLabel, dnsSubdomain, flag, integer, list, object, oneOf, port, text } from "./build.ts";
import {
  CONTAINER_FIELDS,
  CONTAINER_PORT,
  GRACE,
  NODE_SELECTOR,
  PROBE,
  VOLUMES,
} from "./container-template.ts";
import { CONTAINER_SEEN, STATUS_PORTS } from "./game-server.ts";

export const CONTAINER_SPEC: Schema = object(
  "One container on one machine.",
  {
    ...CONTAINER_FIELDS,
    readinessProbe: {
      ...PROBE,
      description:
        "How to see that it can take work; asked four times a second until it first succeeds. Exactly one way.",
    },
    drainSeconds: integer(
      "Seconds between leaving the service that it is a replica of and TERM.",
      0,
      3_600,
    ),
    ports: list(
      "Ports; one with a hostPort is opened on the node.",
      object(
        "One port.",
        { ...CONTAINER_PORT, hostPort: port("Port of the node.") },
        { required: ["containerPort"] },
      ),
      100,
    ),
    platformApi: flag(
      `True: it reaches the control plane at http://${PLATFORM_API.name}:${PLATFORM_API.port}, where it needs a token.`,
    ),
    network: { ...dnsLabel("Network in the same namespace."), default: "default" },
    address: text("A fixed address inside the network's subnet.", { format: "ipv4" }),
    nodeName: dnsSubdomain("The node to run on; it cannot be changed afterwards."),
    nodeSelector: NODE_SELECTOR,
    volumes: VOLUMES,
    restartPolicy: oneOf("When to start it again.", ["Always", "OnFailure", "Never"], {
      default: "Always",
    }),
    terminationGracePeriodSeconds: GRACE,
    running: flag("False stops it and keeps it.", { default: true }),
    restartedAt: text("Another value than at its start asks for a restart.", { maxLength: 64 }),
  },
  { required: ["image"] },
);

export const CONTAINER_STATUS: Schema = object(
  "Where it is in its life.",
  {
    phase: oneOf("Where it is in its life.", [
      ...["Pending", "Starting", "Running", "Backoff", "Exited", "Stopped", "Failed"],
    ]),
    nodeName: text("The node that it is on.", { default: "" }),
    address: text("Its address inside its network.", { default: "" }),
    ports: STATUS_PORTS,
    ready: flag("It runs, and its readiness probe succeeds if it has one."),
    reason: text("Why, in one word."),
    message: text("Why, for people."),
    container: CONTAINER_SEEN,
    moving: flag("It leaves its node, and gets another one then."),
  },
  { required: ["phase"] },
);
