import { isObject } from "../../core/std/json.ts";
import { explain } from "../explain.ts";

/** What `up` tells its server and its agent. `down`: stop what runs here and take away what was made; `stop`: leave it. */
export type ToChild = { readonly do: "stop" | "down" };
/** What they tell `up`. A failure before `ready` is final; afterwards they are started again. */
export type FromChild =
  | { readonly say: "ready" }
  | { readonly say: "line"; readonly text: string }
  | {
      readonly say: "failed";
      readonly cause: string;
      readonly problems: readonly string[];
      readonly next: string;
      readonly exit: number;
    };

/** A part's end of the line to the `up` that started it; without one it minds signals alone. */
export interface ChildControl {
  readonly hasParent: boolean;
  /** Resolves when it is to end, and how. */
  readonly ending: Promise<"stop" | "down">;
  say(message: FromChild): void;
  /** Lets go of the parent, after everything was said; the process can end then. */
  close(): Promise<void>;
}

/**
 * With a parent, Ctrl-C is the parent's to decide on (the terminal sends it to all of us), and the parent's death means
 * `stop`: an `up` that comes after must find nobody in its place. Alone, Ctrl-C means `stop` too.
 */
export function childControl(): ChildControl {
  const hasParent = process.send !== undefined;
  const ending = new Promise<"stop" | "down">((resolve) => {
    const stop = (): void => resolve("stop");
    process.on("SIGTERM", stop);
    process.on("SIGHUP", stop);
    process.on("SIGINT", () => hasParent || stop());
    process.on("disconnect", stop);
    // It may have died while this program was loaded: that was told to nobody.
    if (hasParent && !process.connected) stop();
    process.on("message", (message: unknown) => {
      if (!isObject(message)) return;
      if (message.do === "down" || message.do === "stop") resolve(message.do);
    });
  });
  const say = (message: FromChild): void => {
    // The parent may be gone at any moment; then `disconnect` tells.
    if (hasParent && process.connected) process.send?.(message, undefined, {}, () => undefined);
  };
  const close = async (): Promise<void> => {
    if (!hasParent || !process.connected) return;
    await new Promise((resolve) =>
      process.send?.({ say: "line", text: "" }, undefined, {}, resolve),
    );
    if (process.connected) process.disconnect();
  };
  return { hasParent, ending, say, close };
}

/** The last word of a part that could not start. */
export function failedMessage(error: unknown): FromChild {
  return { say: "failed", ...explain(error) };
}
