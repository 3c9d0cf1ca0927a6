/** The smallest number above 0 that is told from 0, and the largest; what is beyond becomes these. */
const LEAST = 1e-3;
const MOST = 1e15;
const CODES = 65_533;
const STEPS_PER_E = (CODES - 1) / Math.log(MOST / LEAST);
const LOG_LEAST = Math.log(LEAST);
/** Stands for "not measured". */
const NOTHING = 65_535;
/** Up to here each whole number has a code of its own. */
const WHOLE_MAX = 1_500;

/**
 * A number of at least 0 in 16 bits, by its logarithm: at most 0.07 % off, whole numbers up to 1,500 exactly. Half the
 * memory of 32-bit floats, which is what a ring of hundreds of containers is made of. NaN stays NaN.
 */
export function quantise(value: number): number {
  if (!(value >= 0)) return NOTHING;
  if (value < LEAST) return 0;
  if (value >= MOST) return CODES;
  return 1 + Math.round((Math.log(value) - LOG_LEAST) * STEPS_PER_E);
}

/** What `quantise` made of a number. */
export function numberOf(code: number): number {
  return VALUES[code] ?? Number.NaN;
}

function decode(code: number): number {
  if (code === 0) return 0;
  if (code > CODES) return Number.NaN;
  const value = Math.exp((code - 1) / STEPS_PER_E + LOG_LEAST);
  const whole = Math.round(value);
  return whole > 0 && whole <= WHOLE_MAX && quantise(whole) === code ? whole : value;
}
const VALUES: Float64Array = Float64Array.from({ length: NOTHING + 1 }, (_, code) => decode(code));
