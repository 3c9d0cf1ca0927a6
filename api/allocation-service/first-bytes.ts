import type { Socket } from "node:net";

/** What a client of HTTP/2 says first (RFC 9113 3.4); no method of HTTP/1.1 is called so. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Whether HTTP/2 is spoken on a connection, by its first bytes, which stay unread. Rejects when none come in time. */
export function looksLikeHttp2(socket: Socket, withinMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0);
    const letGo = (): void => {
      clearTimeout(late);
      socket.off("readable", read);
      socket.off("close", end);
      socket.off("error", end);
    };
    const end = (): void => {
      letGo();
      reject(new Error("no first bytes came"));
    };
    const read = (): void => {
      seen = Buffer.concat([seen, socket.read() ?? Buffer.alloc(0)]);
      const length = Math.min(seen.length, PREFACE.length);
      const isLike = PREFACE.subarray(0, length).equals(seen.subarray(0, length));
      if (isLike && length < PREFACE.length) return;
      // First, or it would be told of the same bytes again.
      letGo();
      socket.unshift(seen);
      resolve(isLike);
    };
    const late = setTimeout(end, withinMs);
    socket.on("readable", read);
    socket.on("close", end);
    socket.on("error", end);
  });
}
