import type { ResourceOf } from "./resource.ts";

/** An image that exists somewhere; metadata.name is its name with `/` and `:` as `.`; `reference` is what specs say. */
export interface ImageSpec {
  readonly reference: string;
  readonly digest: string;
  readonly sizeBytes: number;
}
export interface ImageStatus {
  readonly nodes: readonly string[];
}
export interface Image extends ResourceOf<"Image", ImageSpec, ImageStatus> {}
