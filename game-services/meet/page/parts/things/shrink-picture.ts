/** On a map a thing is a tile large: more pixels than these are seen by nobody. */
const SIDE_MAX = 512;
const BYTES_MAX = 900_000;
const QUALITY = 0.9;

/** The size of a picture that fits into a square, in proportion. Pure. */
export function fitting(
  width: number,
  height: number,
  sideMax: number,
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, sideMax / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** The file as it is when it is small, else smaller; throws when it is no picture that the browser can read. */
export async function shrunk(file: File): Promise<File> {
  const picture = await createImageBitmap(file);
  const { width, height } = fitting(picture.width, picture.height, SIDE_MAX);
  if (width === picture.width && height === picture.height && file.size <= BYTES_MAX) return file;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
  picture.close();
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, "image/webp", QUALITY),
  );
  // A browser that cannot write WebP answers with a PNG.
  return new File([blob ?? file], file.name, { type: blob?.type ?? file.type });
}
