import type { Schema } from "../schema.ts";
import { flag, object, text } from "./build.ts";

export const NETWORK_SPEC: Schema = object("One bridge on every node that needs it.", {
  subnet: text("The same subnet on each node; without it each node takes one from its pool.", {
    format: "ipv4-cidr",
  }),
  outside: flag("True: containers reach the outside.", { default: false }),
});
export const NETWORK_STATUS: Schema = object("What is known.", {
  message: text("What is wrong, for people."),
});
