/** What a suffix of a Kubernetes quantity multiplies by, as a fraction of whole numbers. */
const SUFFIXES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  "": [1n, 1n],
  n: [1n, 1_000_000_000n],
  u: [1n, 1_000_000n],
  m: [1n, 1_000n],
  k: [10n ** 3n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  T: [10n ** 12n, 1n],
  P: [10n ** 15n, 1n],
  E: [10n ** 18n, 1n],
  Ki: [1n << 10n, 1n],
  Mi: [1n << 20n, 1n],
  Gi: [1n << 30n, 1n],
  Ti: [1n << 40n, 1n],
  Pi: [1n << 50n, 1n],
  Ei: [1n << 60n, 1n],
};
const FORM = /^([+-]?)(\d{1,30})?(?:\.(\d{0,30}))?(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * A quantity such as `500m`, `1.5`, `200Mi`, `1G` or `1e3` in thousandths (CPU: millicores), rounded up as Kubernetes
 * does. Undefined when it is none, or beyond what a number holds exactly.
 */
export function milliOf(quantity: unknown): number | undefined {
  return scaled(quantity, 1_000n);
}

/** The same in whole units (memory: bytes), rounded up. */
export function unitsOf(quantity: unknown): number | undefined {
  return scaled(quantity, 1n);
}

function scaled(quantity: unknown, scale: bigint): number | undefined {
  if (typeof quantity !== "string" && typeof quantity !== "number") return undefined;
  const match = FORM.exec(String(quantity));
  if (!match) return undefined;
  const [, sign, whole = "", part = "", exponent = "0", suffix = ""] = match;
  const [times, by] = SUFFIXES[suffix] ?? [0n, 1n];
  if (whole + part === "" || times === 0n) return undefined;
  const power = BigInt(exponent) - BigInt(part.length);
  const over = BigInt(whole + part) * times * scale * (power > 0n ? 10n ** power : 1n);
  const under = by * (power < 0n ? 10n ** -power : 1n);
  const magnitude = Number((over + under - 1n) / under);
  if (!Number.isSafeInteger(magnitude)) return undefined;
  return sign === "-" && magnitude !== 0 ? -magnitude : magnitude;
}

/** `500m`, `2`, `1.5` cores for people. */
export function formatMilli(milli: number): string {
  return milli % 100 === 0 ? String(milli / 1_000) : `${milli}m`;
}

/** `200Mi`, `1.5Gi`, `512` for people, with at most one decimal. */
export function formatBytes(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${Math.round(value * 10) / 10}${units[unit]}`;
}
