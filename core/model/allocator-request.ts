import { isObject } from "../std/json.ts";

/** What Agones' allocator service calls the fields and words of a GameServerAllocation. */
const STATES = ["Ready", "Allocated"];
const SCHEDULINGS = ["Packed", "Distributed"];
const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];
const PRIORITY_TYPES = ["Counter", "List"];
const PRIORITY_ORDERS = ["Ascending", "Descending"];
/** 64-bit numbers: strings in JSON, messages of one field where they may be missing. */
const NUMBERS = new Set([
  ...["minCount", "maxCount", "minAvailable", "maxAvailable"],
  ...["amount", "capacity"],
]);

/** A longer list is refused whatever is in it: nothing is made of half a million selectors. */
const LIST_MAX = 1_000;

/**
 * A request of the allocator service (JSON of its protocol buffer) as the spec of a GameServerAllocation. Shapes that
 * are wrong are handed on as they are: the check of the spec says what is wrong with them.
 */
export function specOfRequest(request: Record<string, unknown>): Record<string, unknown> {
  const { gameServerSelectors, requiredGameServerSelector, preferredGameServerSelectors } = request;
  const { scheduling, metadata, metaPatch, multiClusterSetting } = request;
  const { priorities, counters, lists } = request;
  const spec = {
    selectors: mapped(gameServerSelectors, selectorOf),
    required: isObject(requiredGameServerSelector)
      ? selectorOf(requiredGameServerSelector)
      : requiredGameServerSelector,
    preferred: mapped(preferredGameServerSelectors, selectorOf),
    scheduling: word(scheduling, SCHEDULINGS),
    metadata: metadata ?? metaPatch,
    multiClusterSetting: present(multiClusterSetting, "enabled"),
    priorities: filled(mapped(priorities, priorityOf)),
    counters: filled(tableOf(counters)),
    lists: filled(tableOf(lists)),
    waitUpTo: request.waitUpTo,
  };
  return given(spec);
}

function selectorOf(selector: Record<string, unknown>): Record<string, unknown> {
  const { gameServerState, matchExpressions, counters, lists, ...rest } = selector;
  return {
    ...rest,
    ...given({ counters: filled(tableOf(counters)), lists: filled(tableOf(lists)) }),
    ...(gameServerState == null
      ? {}
      : { gameServerState: word(upperFirst(gameServerState), STATES) }),
    ...(matchExpressions == null
      ? {}
      : {
          matchExpressions: mapped(matchExpressions, ({ operator, ...expression }) => ({
            ...expression,
            operator: word(operator ?? 0, OPERATORS),
          })),
        }),
  };
}

function priorityOf({ type, order, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return {
    ...rest,
    type: word(type ?? 0, PRIORITY_TYPES),
    order: word(order ?? 0, PRIORITY_ORDERS),
  };
}

/** Conditions or actions by the name of a Counter or a List. */
function tableOf(table: unknown): unknown {
  if (!isObject(table)) return table;
  const rows = Object.entries(table).map(([name, row]) => [name, isObject(row) ? rowOf(row) : row]);
  return Object.fromEntries(rows);
}

function rowOf(row: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.entries(given(row)).map(([field, value]) => {
    const isNumber = NUMBERS.has(field);
    const plain = isObject(value) ? (value.value ?? (isNumber ? 0 : "")) : value;
    return [field, isNumber ? numberOf(plain) : plain];
  });
  return Object.fromEntries(fields);
}

function numberOf(value: unknown): unknown {
  return typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
}

/** A list or a table without entries travels as one that is not set. */
function filled(value: unknown): unknown {
  const isEmpty = Array.isArray(value) || isObject(value) ? Object.keys(value).length === 0 : false;
  return isEmpty ? undefined : value;
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}

/** An enumeration comes as its word or its number. */
function word(value: unknown, words: readonly string[]): unknown {
  return typeof value === "number" ? (words[value] ?? value) : value;
}

/** `READY` is `Ready`. */
function upperFirst(value: unknown): unknown {
  return typeof value === "string" && value === value.toUpperCase()
    ? value.slice(0, 1) + value.slice(1).toLowerCase()
    : value;
}

function mapped(
  list: unknown,
  of: (one: Record<string, unknown>) => Record<string, unknown>,
): unknown {
  if (!Array.isArray(list) || list.length > LIST_MAX) return list;
  return list.map((one: unknown) => (isObject(one) ? of(one) : one));
}

function present(value: unknown, flag: string): unknown {
  return isObject(value) && !value[flag] ? undefined : value;
}
