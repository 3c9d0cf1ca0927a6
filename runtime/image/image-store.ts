export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly labels: { readonly [key: string]: string };
}

/** An image that can be run now: its layers are unpacked folders, lowest first, absolute paths. */
export interface ResolvedImage {
  readonly reference: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly config: ImageConfig;
  readonly layers: readonly string[];
}

/**
 * Content-addressed images in a folder (an OCI image layout 1.0 with `blobs/sha256`, `index.json`), and beside it
 * `layers/<diffId>`: each layer unpacked once. Blobs are verified when they are unpacked; a bad digest is never run.
 */
export interface ImageStore {
  /** NOT_FOUND (names the nearest known reference) when there is no such image; `arena` means `arena:latest`. */
  resolve(reference: string): Promise<ResolvedImage>;
  /** Nothing is cleared away while `work` runs: it resolves an image and writes down who uses it. */
  keepWhile<T>(work: () => Promise<T>): Promise<T>;
  list(): Promise<readonly { reference: string; digest: string; sizeBytes: number }[]>;
}
