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
/** `arena` means `arena:latest`. */
export function fullImageName(reference: string): string {
  const last = reference.slice(reference.lastIndexOf("/") + 1);
  return last.includes(":") ? reference : `${reference}:latest`;
}

/** The name of the Image that stands for a reference. */
export function imageResourceName(reference: string): string {
  return fullImageName(reference).replaceAll(/[/:]/g, ".");
}

export interface Image extends ResourceOf<"Image", ImageSpec, ImageStatus> {}
