import { FleetError } from "../../core/std/errors.ts";

/** Every name that an instance gives to something in the kernel; runtime/shim/net_names.c makes the same ones. */
export interface KernelNames {
  readonly instance: string;
  readonly table: string;
  /** What all its bridges and veths begin with. */
  readonly bridges: string;
  readonly veths: string;
}

/** What the bridges of every instance begin with. */
export const ALL_BRIDGES = "flt";
const VETH_ID_DIGITS = 9;

/** INVALID unless `instance` is four hexadecimal digits. */
export function kernelNames(instance: string): KernelNames {
  if (!/^[0-9a-f]{4}$/.test(instance))
    throw new FleetError("INVALID", `instance id ${instance} is not four hexadecimal digits`);
  return {
    instance,
    table: `flotilla_${instance}`,
    bridges: `${ALL_BRIDGES}${instance}`,
    veths: `fv${instance}`,
  };
}

export function bridgeName(names: KernelNames, number: number): string {
  return `${names.bridges}${number.toString(16)}`;
}

export function vethName(names: KernelNames, containerId: string): string {
  return `${names.veths}${containerId.slice(0, VETH_ID_DIGITS)}`;
}
