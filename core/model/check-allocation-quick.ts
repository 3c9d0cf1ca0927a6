import type { AllocationSpec, GameServerSelector } from "./allocation.ts";
import type { Scheduling } from "./game-server.ts";
import { LABEL_VALUE, QUALIFIED_NAME } from "./names.ts";
import type { Labels } from "./resource.ts";
import { SELECTORS_MAX } from "./schemas/game-server-allocation.ts";

const KEY = new RegExp(QUALIFIED_NAME, "u");
const VALUE = new RegExp(LABEL_VALUE, "u");
const KEYS_KEPT_MAX = 1_000;
const LABELS_MAX = 64;

/** Label names that were found right: the same few come with every request. */
const knownKeys = new Set<string>();

/**
 * The common small request, checked by hand: selectors of labels and states, scheduling, labels and annotations to set.
 * Undefined for everything else, right or wrong: that is for the schema. Both give the same (a test holds it).
 */
export function quickAllocationSpec(spec: unknown): AllocationSpec | undefined {
  if (!isPlain(spec)) return undefined;
  let selectors: readonly GameServerSelector[] | undefined;
  let scheduling: Scheduling = "Packed";
  let metadata: AllocationSpec["metadata"];
  for (const key in spec) {
    const value = spec[key];
    if (key === "selectors") selectors = quickSelectors(value);
    else if (key === "scheduling" && (value === "Packed" || value === "Distributed"))
      scheduling = value;
    else if (key === "metadata") metadata = quickMetadata(value);
    else return undefined;
    if (key === "metadata" && !metadata) return undefined;
  }
  if (!selectors) return undefined;
  return metadata ? { selectors, scheduling, metadata } : { selectors, scheduling };
}

function quickSelectors(list: unknown): readonly GameServerSelector[] | undefined {
  if (!Array.isArray(list) || list.length === 0 || list.length > SELECTORS_MAX) return undefined;
  const selectors: GameServerSelector[] = [];
  for (const one of list) {
    const selector = quickSelector(one);
    if (!selector) return undefined;
    selectors.push(selector);
  }
  return selectors;
}

function quickSelector(one: unknown): GameServerSelector | undefined {
  if (!isPlain(one)) return undefined;
  let matchLabels: Labels | undefined;
  let gameServerState: "Ready" | "Allocated" = "Ready";
  for (const key in one) {
    const value = one[key];
    if (key === "matchLabels" && isLabels(value, VALUE)) matchLabels = value;
    else if (key === "gameServerState" && (value === "Ready" || value === "Allocated"))
      gameServerState = value;
    else return undefined;
  }
  return matchLabels ? { matchLabels, gameServerState } : { gameServerState };
}

function quickMetadata(value: unknown): AllocationSpec["metadata"] | undefined {
  if (!isPlain(value)) return undefined;
  for (const key in value) {
    if (key === "labels" ? !isLabels(value[key], VALUE) : key !== "annotations") return undefined;
    if (key === "annotations" && !isLabels(value[key], undefined)) return undefined;
  }
  return value;
}

/** `form` undefined: values may be any short text. */
function isLabels(value: unknown, form: RegExp | undefined): value is Labels {
  if (!isPlain(value)) return false;
  let count = 0;
  for (const key in value) {
    const text = value[key];
    if (++count > LABELS_MAX || typeof text !== "string" || !isKey(key)) return false;
    if (form ? text.length > 63 || !form.test(text) : text.length > 1_024) return false;
  }
  return true;
}

function isKey(key: string): boolean {
  if (knownKeys.has(key)) return true;
  if (key.length > 317 || !KEY.test(key)) return false;
  if (knownKeys.size < KEYS_KEPT_MAX) knownKeys.add(key);
  return true;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
