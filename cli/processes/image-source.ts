import { imageResourceName } from "../../core/model/image.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { FetchingOptions } from "../../runtime/image/fetching-image-store.ts";
import type { LinkCache } from "../../runtime/link/link-cache.ts";
import type { LinkClient } from "../../runtime/link/link-client.ts";

/** Images by way of the link, which is opened after what makes containers. */
export function imageSourceOf(
  cache: LinkCache,
  isBuilder: boolean,
): {
  readonly imageSource: Omit<FetchingOptions, "local">;
  readonly useLink: (link: Pick<LinkClient, "blob">) => void;
} {
  let link: Pick<LinkClient, "blob"> | undefined;
  const imageSource: Omit<FetchingOptions, "local"> = {
    isBuilder,
    digestOf: (reference) => cache.get("Image", "", imageResourceName(reference))?.spec.digest,
    fetchBlob: async (digest, reference) => {
      if (!link) throw new FleetError("UNAVAILABLE", "the control plane was not asked yet");
      return await link.blob(digest, reference);
    },
  };
  return {
    imageSource,
    useLink: (opened) => {
      link = opened;
    },
  };
}
