import type { Schema } from "../schema.ts";
import { object, oneOf, text, time } from "./build.ts";

/** An Event has its fields at the top, as in Kubernetes. */
export const EVENT_FIELDS: Readonly<Record<string, Schema>> = {
  type: oneOf("Whether somebody should look.", ["Normal", "Warning"]),
  reason: text("Why, in one word."),
  message: text("What happened, for people."),
  involvedObject: object("What it happened to.", {
    kind: text("Kind."),
    namespace: text("Namespace."),
    name: text("Name."),
    uid: text("Uid."),
  }),
  count: { type: "integer", description: "How often it happened.", minimum: 1 },
  firstTimestamp: time("When it happened first."),
  lastTimestamp: time("When it happened last."),
};
