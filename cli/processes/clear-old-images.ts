import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { imagesInUse } from "../../runtime/container/images-in-use.ts";
import { clearImages } from "../../runtime/image/clear-images.ts";
import type { ImageFolder } from "../../runtime/image/image-folder.ts";

/** Long enough to go back to what was built before a moment ago without building it again. */
const UNUSED_MS = 3_600_000;
/** A look reads a few small files, and changes nothing where all is in use. */
const LOOK_EVERY_MS = 300_000;

export interface OldImages {
  readonly images: ImageFolder;
  /** The state folder. */
  readonly root: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Looks now and every few minutes for what of images nobody has needed for an hour, and clears it away, until aborted. */
export async function clearOldImages(old: OldImages, signal: AbortSignal): Promise<void> {
  const { root, clock, logger } = old;
  const options = { ...old, used: () => imagesInUse(root), afterMs: UNUSED_MS };
  while (!signal.aborted) {
    try {
      const cleared = await clearImages(options);
      if (cleared.blobs + cleared.layers > 0)
        logger.info({ ...cleared, because: "ImageUnused" }, "old images were cleared away");
    } catch (error) {
      logger.warn({ error: messageOf(error) }, "old images were not cleared away");
    }
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}
