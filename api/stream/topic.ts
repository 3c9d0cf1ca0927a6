/** Something that pages follow. It lives while somebody does. */
export interface Topic extends Disposable {
  /** The present state, as messages: what a page gets first, and when it was behind. */
  present(): Buffer;
}

/** How a topic tells all that follow it: every message is made once. */
export type Publish = (message: Buffer) => void;

/** Makes a topic that tells `publish` what changes. */
export type OpenTopic = (publish: Publish) => Topic;
