import type { Schema } from "../schema.ts";
import { integer, list, object, text } from "./build.ts";
import { IMAGE_REFERENCE } from "./container-template.ts";

export const DIGEST: Schema = text("sha256 of its manifest.", {
  pattern: "^sha256:[0-9a-f]{64}$",
  "x-flotilla-form": "sha256: and 64 hexadecimal digits",
});
export const IMAGE_SPEC: Schema = object(
  "An image that exists somewhere.",
  {
    reference: IMAGE_REFERENCE,
    digest: DIGEST,
    sizeBytes: integer("Bytes of all its layers.", 0, Number.MAX_SAFE_INTEGER, { default: 0 }),
  },
  { required: ["reference", "digest"] },
);
export const IMAGE_STATUS: Schema = object("Where it is.", {
  nodes: list("Nodes that have it.", text("Name of a node."), 10_000, { default: [] }),
});
