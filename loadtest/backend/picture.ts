import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const SIDE = 16;
const BOUNDARY = "----boundary-of-a-load-test";

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

function head(): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(SIDE, 0);
  data.writeUInt32BE(SIDE, 4);
  data.set([8, 0, 0, 0, 0], 8);
  return chunk("IHDR", data);
}

const PIXELS = chunk("IDAT", deflateSync(Buffer.alloc((SIDE + 1) * SIDE)));
const [BEGIN, END] = [Buffer.concat([SIGNATURE, head()]), chunk("IEND", Buffer.alloc(0))];

/** A small PNG that no other player has: it says `mark` in a comment. */
export function pictureOf(mark: string): Buffer {
  return Buffer.concat([BEGIN, chunk("tEXt", Buffer.from(`Comment\0${mark}`)), PIXELS, END]);
}

/** A form with that picture, as a browser sends it. */
export function pictureForm(picture: Buffer): {
  readonly body: Buffer;
  readonly contentType: string;
} {
  const opening = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="thumbnail"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n`;
  const parts = [Buffer.from(opening), picture, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)];
  return {
    body: Buffer.concat(parts),
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  };
}
