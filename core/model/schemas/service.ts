import { REASONS } from "../reason.ts";
import type { Schema } from "../schema.ts";
import { CPU_TARGETS } from "./autoscaler-policies.ts";
import {
  dnsLabel,
  flag,
  integer,
  list,
  object,
  oneOf,
  port,
  refused,
  text,
  time,
} from "./build.ts";
import { CONTAINER_SPEC } from "./container.ts";
import { CONTAINER_PORT } from "./container-template.ts";
import { BEHAVIOR } from "./fleet-autoscaler.ts";
import { STATUS_PORTS } from "./game-server.ts";
import { TEMPLATE_METADATA } from "./metadata.ts";

/** More would not fit into one line of the kernel's rules. */
export const SERVICE_REPLICAS_MAX = 128;
const PORTS_MAX = 16;
const share = (description: string): Schema => ({
  description,
  format: "int-or-percent",
  minimum: 0,
  default: "25%",
});

const TEMPLATE_SPEC: Schema = {
  ...CONTAINER_SPEC,
  description: "The Container that is made for each replica.",
  properties: {
    ...CONTAINER_SPEC.properties,
    ports: list(
      "Ports that replicas listen on, for people.",
      object(
        "One port.",
        { ...CONTAINER_PORT, hostPort: refused("use the service's ports for host ports") },
        { required: ["containerPort"] },
      ),
      100,
    ),
    address: refused("a service has an address of its own, its replicas have different ones"),
    running: flag("Only true: a service is stopped by scaling it to 0.", { default: true }),
    restartedAt: refused("change the template to replace all replicas"),
    drainSeconds: integer(
      "Seconds between its last new connection and TERM; what it has begun ends meanwhile.",
      0,
      3_600,
      { default: 5 },
    ),
  },
};

const AUTOSCALING: Schema = object(
  "Sets replicas for the CPU that they use, in percent of the template's CPU request, or of its limit without one.",
  {
    minReplicas: integer("Never fewer, unless somebody scales it to 0.", 1, SERVICE_REPLICAS_MAX, {
      default: 1,
    }),
    maxReplicas: integer("Never more.", 1, SERVICE_REPLICAS_MAX),
    cpu: object("One target or both: the higher number of replicas counts.", CPU_TARGETS),
    behavior: {
      ...BEHAVIOR,
      description: "How fast a wish is followed, as in a HorizontalPodAutoscaler.",
      default: {},
    },
  },
  { required: ["maxReplicas", "cpu"] },
);

export const SERVICE_SPEC: Schema = object(
  "Replicas of a container behind one address.",
  {
    replicas: integer(
      "How many containers; with autoscaling leave it out, then an update keeps what is there.",
      0,
      SERVICE_REPLICAS_MAX,
      { default: 1 },
    ),
    autoscaling: AUTOSCALING,
    strategy: object(
      "How a changed template replaces replicas.",
      {
        type: oneOf("Bit by bit.", ["RollingUpdate"], { default: "RollingUpdate" }),
        rollingUpdate: object(
          "Bounds of one step; not both may be 0.",
          {
            maxSurge: share("Replicas beyond the wanted number at once; a share is rounded up."),
            maxUnavailable: share(
              "Ready replicas fewer than wanted at once; a share is rounded down.",
            ),
          },
          { default: {} },
        ),
      },
      { default: {} },
    ),
    ports: list(
      "Ports of the service's address, and of the nodes that its replicas are on.",
      object(
        "One port.",
        {
          name: dnsLabel("Name of the port."),
          port: port("Port of the service's address."),
          targetPort: port("Port of the replicas; the same as port when it is not given."),
          hostPort: port("Port of each node that has a replica."),
          protocol: oneOf("Protocol.", ["TCP", "UDP"], { default: "TCP" }),
        },
        { required: ["port"] },
      ),
      PORTS_MAX,
      { default: [] },
    ),
    sessionAffinity: oneOf(
      "None spreads at random; ClientIP leads one source address to one replica.",
      ["None", "ClientIP"],
      { default: "None" },
    ),
    template: object(
      "The replicas.",
      { metadata: TEMPLATE_METADATA, spec: TEMPLATE_SPEC },
      { required: ["spec"] },
    ),
  },
  { required: ["template"] },
);

const count = (description: string): Schema =>
  integer(description, 0, Number.MAX_SAFE_INTEGER, { default: 0 });
export const SERVICE_STATUS: Schema = object("What is there.", {
  replicas: count("Replicas that are there, without those on their way out."),
  readyReplicas: count("Replicas that get new connections."),
  updatedReplicas: count("Replicas of the present template."),
  address: text("Its address, for containers of its network.", { default: "" }),
  ports: STATUS_PORTS,
  reason: text("Why, in one word."),
  message: text("Why, for people."),
  autoscaling: object("What the autoscaler did last.", {
    currentReplicas: count("Replicas that it found."),
    desiredReplicas: count("Replicas that it wants."),
    scalingLimited: flag("A bound changed what it wants.", { default: false }),
    lastScaleTime: time("When it last changed the service."),
    reason: oneOf("Why, in one word.", REASONS),
    message: text("Why, for people."),
  }),
});
