/** What stands where a secret was. */
export const HIDDEN = "(hidden)";
const TEXT_CHARS_MAX = 300;

const SECRET_NAME =
  /pass(word|phrase|wd)?|secret|token|credential|api[-_.]?key|private|authorization|cookie|signing|(^|[^a-z])keys?($|[^a-z])/i;
/** JSON Web Tokens, our own tokens, keys as PEM, bearer headers, and the password in a URL. */
const SECRET_TEXT =
  /eyJ[\w-]{5,}\.[\w-]+\.[\w-]*|\b(flt_|fj1\.)[\w.-]{10,}|-----BEGIN [^-]*PRIVATE KEY-----[\s\S]*?(-----END [^-]*-----|$)|(?<=\bbearer +)\S{8,}|(?<=:\/\/[^\s/@:]{0,64}:)[^\s/@]+(?=@)/gi;

/** True for a name whose value is nobody's business: `DB_PASSWORD`, `apiKey`, `example.com/signing-key`. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.replace(/([a-z])([A-Z])/g, "$1_$2"));
}

/** A text without what looks like a secret, on one line, and not too long. */
export function redactText(text: string, charsMax: number = TEXT_CHARS_MAX): string {
  const hidden = text.slice(0, charsMax * 4).replace(SECRET_TEXT, HIDDEN);
  return hidden.length > charsMax ? `${hidden.slice(0, charsMax)}…` : hidden;
}

/** Words of a command without what follows a flag such as `--password`, or stands behind its `=`. */
export function redactArgv(argv: readonly string[]): readonly string[] {
  return argv.map((word, i) => {
    const [, name = "", value] = /^-{0,2}([\w.-]+)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined && isSecretName(name))
      return word.slice(0, word.length - value.length) + HIDDEN;
    const before = argv[i - 1] ?? "";
    return /^--?\w/.test(before) && !before.includes("=") && isSecretName(before)
      ? HIDDEN
      : redactText(word);
  });
}
