import { sameJson } from "../../core/std/json.ts";
import type { ServiceLead } from "../network/services.ts";

/**
 * What the kernel was told to lead services to. Changes go there in the order in which they were decided, and whoever wants one
 * waits until it holds, also when somebody else has asked for the same a moment before. What the kernel has is not known at the
 * start, nor after a failure: then it is told in any case.
 */
export class KeptLeads {
  readonly #set: (leads: readonly ServiceLead[]) => Promise<void>;
  #asked: { readonly leads: readonly ServiceLead[]; readonly done: Promise<void> } | undefined;

  /** `set` replaces all leads of the kernel, and does one after the other. */
  constructor(set: (leads: readonly ServiceLead[]) => Promise<void>) {
    this.#set = set;
  }

  async become(leads: readonly ServiceLead[]): Promise<void> {
    if (!this.#asked || !sameJson(leads, this.#asked.leads))
      this.#asked = { leads, done: this.#set(leads) };
    const asked = this.#asked;
    try {
      await asked.done;
    } catch (error) {
      if (this.#asked === asked) this.#asked = undefined;
      throw error;
    }
  }
}
