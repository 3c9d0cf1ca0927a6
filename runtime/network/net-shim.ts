import type { Field, FieldIn } from "../shim/message.ts";

/** What this folder needs of the shim: one network operation, its reply's fields; a refusal is a FleetError. */
export interface NetShim {
  net(op: number, fields: readonly FieldIn[]): Promise<readonly Field[]>;
}
