/** What a command touches of the process that it runs in; tests hand in their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: { readonly [name: string]: string | undefined };
  readonly now: () => number;
  /** Aborted by Ctrl-C: ends what follows or watches. */
  readonly signal: AbortSignal;
}

export function processIo(signal: AbortSignal, env: Io["env"]): Io {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    env,
    now: () => Date.now(),
    signal,
  };
}
