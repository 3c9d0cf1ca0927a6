import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Random } from "../../core/std/random.ts";

/** When in its call a client goes away. */
export const CUT_MOMENTS = [
  "before the request",
  "within the request",
  "behind the request",
  "at the answer",
] as const;
export type CutMoment = (typeof CUT_MOMENTS)[number];

const UNREAD_MS_MAX = 4;

/** Sends a request and goes away at a moment of its call, as a process does that is killed: it never learns of an answer. */
export async function cutOff(url: string, request: string, random: Random): Promise<CutMoment> {
  const moment = random.pick(CUT_MOMENTS) ?? "before the request";
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // The control plane may be killed at the same moment.
  const broken = new Promise<void>((resolve) => socket.once("error", () => resolve()));
  await Promise.race([broken, callUpTo(moment, socket, request, random)]);
  // As the kernel does it for a process that ended: a reset, if something lay there unread.
  socket.destroy();
  return moment;
}

async function callUpTo(
  moment: CutMoment,
  socket: Socket,
  request: string,
  random: Random,
): Promise<void> {
  // Told by the race, where it matters.
  const ended = once(socket, "close").catch(() => undefined);
  await Promise.race([ended, once(socket, "connect")]);
  if (moment === "before the request") return;
  const isWhole = moment !== "within the request";
  const length = isWhole ? request.length : random.integer(1, request.length - 1);
  await new Promise((sent) => socket.write(request.slice(0, length), sent));
  if (moment === "at the answer")
    await Promise.race([ended, once(socket, "readable").catch(() => undefined)]);
  else await new Promise((resolve) => setTimeout(resolve, random.integer(0, UNREAD_MS_MAX)));
}
