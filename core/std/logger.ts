/** One constant sentence and fields; `gameServer`, `fleet`, `node`, `because`, `durationMs` are the usual ones. */
export interface Logger {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

const nothing = (): void => undefined;

/** Says nothing: for tests and for libraries that were given no logger. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
