import type { AnyKind } from "../kinds.ts";
import { IMAGE_NAME } from "../names.ts";
import type { Schema } from "../schema.ts";
import {
  annotations,
  dnsLabel,
  dnsSubdomain,
  flag,
  ignored,
  ignoredAll,
  integer,
  labels,
  list,
  object,
  text,
  time,
} from "./build.ts";

const SERVER_SETS = "Set by the server; what a request says is not used.";
const OWNER: Schema = object(
  "The resource that this one belongs to; when that is deleted, so is this.",
  {
    apiVersion: text("Group and version of the owner."),
    kind: text("Kind of the owner."),
    name: text("Name of the owner."),
    uid: text("Uid of the owner."),
    controller: flag("True for the one owner that manages it."),
    blockOwnerDeletion: flag("Kept; deletion never waits here."),
  },
  { required: ["apiVersion", "kind", "name", "uid"] },
);

function metadata(name: Schema): Schema {
  return object("Name, labels and what the server keeps about a resource.", {
    name,
    generateName: text("Start of a name that the server completes; used when there is no name.", {
      maxLength: 253,
      pattern: "^[a-z0-9][-a-z0-9.]*$",
      "x-flotilla-form": "the start of a name",
    }),
    namespace: dnsLabel("Namespace; `default` when nothing says otherwise."),
    labels: labels("Key and value pairs to select by."),
    annotations: annotations("Key and value pairs that nothing selects by."),
    ownerReferences: list("Whose it is.", OWNER, 16),
    uid: text(SERVER_SETS),
    resourceVersion: text(
      "Revision of the last write; an update that names another is a conflict.",
    ),
    generation: integer("Counts the changes of spec. Set by the server.", 0),
    creationTimestamp: time(SERVER_SETS),
    deletionTimestamp: time(SERVER_SETS),
    deletionGracePeriodSeconds: integer(SERVER_SETS, 0),
    selfLink: ignored("is not kept"),
    managedFields: ignored("is not kept: there is no server-side apply"),
    finalizers: ignored("is not kept: deletion waits for no finalizers here"),
  });
}

const NAME: Schema = dnsSubdomain("Unique for its kind in its namespace.");
const IMAGE_META: Schema = metadata(
  text("The reference with `/` and `:` as `.`.", {
    minLength: 1,
    maxLength: 253,
    pattern: IMAGE_NAME,
    "x-flotilla-form": "letters, digits, -, _ and .",
  }),
);
const PLAIN_META: Schema = metadata(NAME);

/** ObjectMeta of a kind: images have longer names. */
export function metadataOf(kind: AnyKind): Schema {
  return kind === "Image" ? IMAGE_META : PLAIN_META;
}

/** Metadata inside a template: labels and annotations count, the rest is what tools write there by habit. */
export const TEMPLATE_METADATA: Schema = object("Labels and annotations of what is made.", {
  labels: labels("Labels of what is made."),
  annotations: annotations("Annotations of what is made."),
  ...ignoredAll("means nothing in a template", [
    ...["name", "generateName", "namespace", "creationTimestamp"],
    ...["finalizers", "ownerReferences"],
  ]),
});
