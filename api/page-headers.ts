/** On every answer: a browser takes it for what it says it is, and shows it in no frame. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
};

/** For the files of a page of ours: nothing from elsewhere, no script or style but those in files. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...ANSWER_HEADERS,
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};
