import type { SampledKind } from "../../core/model/samples.ts";
import type { LiveSamples } from "../../monitor/samples/live-samples.ts";
import { sseMessage } from "./sse-writer.ts";
import type { Publish, Topic } from "./topic.ts";

/** Says something anew each second. */
export class SecondTopic implements Topic {
  readonly #say: () => Buffer;
  readonly #listening: Disposable;

  constructor(samples: LiveSamples, publish: Publish, say: () => Buffer) {
    this.#say = say;
    this.#listening = samples.onSecond(() => publish(say()));
  }

  present(): Buffer {
    return this.#say();
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}

export interface Sampled {
  readonly kind: SampledKind;
  readonly namespace: string;
  readonly name: string;
}

/** The newest point of one subject; no values while there is none. */
export function newestPoint(samples: LiveSamples, { kind, namespace, name }: Sampled): Buffer {
  const values = samples.newest(`${kind}/${namespace}/${name}`);
  return sseMessage("samples", { kind, namespace, name, atMs: samples.now, values });
}
