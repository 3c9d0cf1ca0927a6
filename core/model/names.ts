/** Patterns of Kubernetes' names; lengths are checked apart, before them. */
const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
export const DNS_LABEL: string = `^${LABEL}$`;
export const DNS_SUBDOMAIN: string = `^${LABEL}(\\.${LABEL})*$`;
export const QUALIFIED_NAME: string = `^(?=[^/]{1,63}$|[^/]{1,253}/[^/]{1,63}$)(${LABEL}(\\.${LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`;
export const LABEL_VALUE = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$";
export const IMAGE_NAME = "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$";

export const DNS_LABEL_FORM = "lowercase letters, digits and - (first and last a letter or digit)";
export const DNS_SUBDOMAIN_FORM =
  "lowercase letters, digits, - and . (first and last a letter or digit)";
export const QUALIFIED_NAME_FORM =
  "letters, digits, -, _ and ., at most 63, perhaps after a DNS name and / (such as example.com/map)";
export const LABEL_VALUE_FORM = "letters, digits, -, _ and . (first and last a letter or digit)";

export const NAME_LENGTH_MAX = 63;
/** Letters that make no words and no mistakes, as Kubernetes uses them for generated names. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 8;

/** A name for `generateName`: the prefix, cut if need be, and eight letters that follow from the uid. */
export function generatedName(prefix: string, uid: string): string {
  const digits = uid.replaceAll("-", "").slice(-12);
  let rest = Number.parseInt(digits, 16) || 0;
  let suffix = "";
  for (let i = 0; i < SUFFIX_LENGTH; i++) {
    suffix += ALPHABET[rest % ALPHABET.length];
    rest = Math.floor(rest / ALPHABET.length);
  }
  return prefix.slice(0, NAME_LENGTH_MAX - SUFFIX_LENGTH) + suffix;
}
