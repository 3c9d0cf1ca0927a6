import type { Schema } from "../schema.ts";
import { dnsLabel, flag, integer, list, object, oneOf, port, refused, text } from "./build.ts";
import { CONTAINER_SPEC } from "./container.ts";
import { CONTAINER_PORT } from "./container-template.ts";
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

export const SERVICE_SPEC: Schema = object(
  "Replicas of a container behind one address.",
  {
    replicas: integer("How many containers.", 0, SERVICE_REPLICAS_MAX, { default: 1 }),
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
});
