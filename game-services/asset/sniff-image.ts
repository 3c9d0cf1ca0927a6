export type ImageType = "image/png" | "image/jpeg" | "image/webp" | "image/gif";

/** What the first bytes of a file say. */
export interface Image {
  readonly type: ImageType;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

export const IMAGE_TYPES: readonly ImageType[] = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
];

/** Segments of a JPEG before its frame; more than any camera writes. */
const SEGMENTS_MAX = 200;

/** The kind and size of an image by its bytes alone; undefined for anything else, SVG and HTML among it. Pure. */
export function sniffImage(bytes: Buffer): Image | undefined {
  const image = png(bytes) ?? gif(bytes) ?? webp(bytes) ?? jpeg(bytes);
  return image && image.width > 0 && image.height > 0 ? image : undefined;
}

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const PNG_END = Buffer.from("49454e44ae426082", "hex");

function png(bytes: Buffer): Image | undefined {
  if (bytes.length < 33 || !bytes.subarray(0, PNG.length).equals(PNG)) return undefined;
  // A file that was cut off has no end.
  if (!bytes.subarray(-PNG_END.length).equals(PNG_END)) return undefined;
  return { type: "image/png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function gif(bytes: Buffer): Image | undefined {
  if (bytes.length < 14 || !/^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6))) return undefined;
  if (bytes.at(-1) !== 0x3b) return undefined;
  return { type: "image/gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

function webp(bytes: Buffer): Image | undefined {
  const word = (at: number): string => bytes.toString("latin1", at, at + 4);
  if (bytes.length < 30 || word(0) !== "RIFF" || word(8) !== "WEBP") return undefined;
  if (bytes.readUInt32LE(4) + 8 > bytes.length) return undefined;
  const sized = (width: number, height: number): Image => ({ type: "image/webp", width, height });
  if (word(12) === "VP8X") return sized(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
  if (word(12) === "VP8L" && bytes[20] === 0x2f) {
    const bits = bytes.readUInt32LE(21);
    return sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  }
  if (word(12) !== "VP8 " || bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined;
  return sized(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
}

/** Walks from segment to segment up to the frame, which has the size. */
function jpeg(bytes: Buffer): Image | undefined {
  const isWhole = bytes.length >= 4 && bytes.readUInt16BE(bytes.length - 2) === 0xffd9;
  if (!isWhole || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2, n = 0; at + 9 <= bytes.length && n < SEGMENTS_MAX; n++) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      return { type: "image/jpeg", width, height };
    }
    // 0xff may be repeated before a marker.
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}
