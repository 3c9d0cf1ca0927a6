import { isObject } from "../std/json.ts";

/** What Agones' allocator service calls the fields and words of a GameServerAllocation. */
const STATES = ["Ready", "Allocated"];
const SCHEDULINGS = ["Packed", "Distributed"];
const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];

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
    priorities,
    counters,
    lists,
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value != null));
}

function selectorOf(selector: Record<string, unknown>): Record<string, unknown> {
  const { gameServerState, matchExpressions, ...rest } = selector;
  return {
    ...rest,
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
  return Array.isArray(list) ? list.map((one: unknown) => (isObject(one) ? of(one) : one)) : list;
}

function present(value: unknown, flag: string): unknown {
  return isObject(value) && !value[flag] ? undefined : value;
}
