import type { Schema } from "../schema.ts";
import { flag, integer, labels, list, object, oneOf, port, text, time } from "./build.ts";
import { ADDRESSES } from "./game-server.ts";

export const NODE_SPEC: Schema = object("A machine that runs containers.", {
  unschedulable: flag("True: takes no new containers.", { default: false }),
  drain: object("What can move leaves; what is held stays until its end.", {
    deadline: time(
      "When held game servers end, too; without it they stay as long as they are held.",
    ),
  }),
});
const AMOUNTS = {
  cpuMilli: integer("Thousandths of a core.", 0, Number.MAX_SAFE_INTEGER, { default: 0 }),
  memoryBytes: integer("Bytes.", 0, Number.MAX_SAFE_INTEGER, { default: 0 }),
};
export const NODE_STATUS: Schema = object("What the machine's agent says.", {
  ready: flag("Its heartbeats come.", { default: false }),
  lost: flag("It has been silent for so long that fleets act on it, each by its policy."),
  heartbeatAt: time("When the last one came that said something new: the others are not written."),
  message: text("Why it is not ready."),
  address: text("What players are told.", { default: "" }),
  addresses: ADDRESSES,
  capacity: object("What the machine has.", AMOUNTS, { default: {} }),
  allocatable: object("What of it containers may ask for.", AMOUNTS),
  portRange: object(
    "Host ports for game servers.",
    {
      min: port("First.", { default: 7_000 }),
      max: port("Last.", { default: 8_000 }),
    },
    { default: {} },
  ),
  driver: oneOf("What makes containers.", ["shim", "process"], { default: "process" }),
  isolation: text("What is isolated, for people.", { default: "" }),
  version: text("Version of the agent.", { default: "" }),
  images: list(
    "Images that are there.",
    object("One image.", {
      reference: text("Its name."),
      digest: text("Its digest."),
      sizeBytes: integer("Bytes of all its layers.", 0, Number.MAX_SAFE_INTEGER, { default: 0 }),
    }),
    10_000,
    { default: [] },
  ),
  disk: object("The file system of its state folder.", {
    totalBytes: integer("Its size.", 0),
    freeBytes: integer("What is free of it, in steps of half a percent.", 0),
  }),
  networks: list(
    "How full its networks are.",
    object("One network.", {
      network: text("Namespace and name."),
      subnet: text("Its subnet."),
      addresses: integer("Addresses that containers may have.", 0),
      usedPercent: integer("How many of them are taken, in steps of five.", 0, 100),
    }),
    1_000,
  ),
  credential: text("SHA-256 of the credential of a machine that joined with a node token."),
  labels: labels("Labels that its agent was started with."),
  used: object("What the control plane has placed there: the sum of what it asks for.", {
    ...AMOUNTS,
    containers: integer("Game servers and containers.", 0, Number.MAX_SAFE_INTEGER, { default: 0 }),
  }),
});
