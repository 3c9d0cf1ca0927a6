/** The part of a file that a request wants: `until` is out. */
export type Part = { readonly from: number; readonly until: number } | "whole" | "outside";

/**
 * Reads a Range header. One range of bytes is answered; several, another unit, or what cannot be read mean the whole, as
 * RFC 9110 allows. Pure.
 */
export function decideRange(header: string | undefined, size: number): Part {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  const [, first = "", last = ""] = found ?? [];
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "outside" : { from: size - length, until: size };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return "whole";
  if (from >= size) return "outside";
  return { from, until: last === "" ? size : Math.min(Number(last) + 1, size) };
}

/** True when a client that has `header` (If-None-Match) has this ETag already. Pure. */
export function isKnownEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(`"${etag}"`);
}
