import fc from "fast-check";
import { expect } from "vitest";
import type {
  Collection,
  CollectionSpec,
  DocumentQuery,
  DocumentStore,
  Kept,
} from "../../documents/document-store.ts";
import { compareText, SHIPS, type Ship } from "./harness.ts";

/** What JSON keeps: it has no negative zero. */
const anyJson = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)));
const anyId = fc.constantFrom("a", "b", "c", "d", "ü日");
const anyShip: fc.Arbitrary<Ship> = fc.record(
  {
    owner: fc.constantFrom("j", "k"),
    name: fc.constantFrom("A", "B", "a", "É"),
    size: fc.integer({ min: -2, max: 2 }),
    more: anyJson,
  },
  { requiredKeys: [] },
);

export type AnyStep =
  | { readonly do: "insert" | "insertOnce" | "replace"; readonly id: string; readonly body: Ship }
  | { readonly do: "replace stale"; readonly id: string; readonly body: Ship }
  | { readonly do: "delete"; readonly id: string }
  | { readonly do: "find"; readonly query: DocumentQuery };

export function anyStep(): fc.Arbitrary<AnyStep> {
  const writing = fc.constantFrom("insert", "insertOnce", "replace", "replace stale");
  const write = fc.record({ do: writing, id: anyId, body: anyShip }) as fc.Arbitrary<AnyStep>;
  const remove = fc.record({ do: fc.constant("delete" as const), id: anyId });
  const size = fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined });
  const find = fc
    .record({
      isDescending: fc.boolean(),
      from: size,
      until: size,
      limit: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ from, until, ...rest }) => {
      const range = {
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
      };
      return { do: "find" as const, query: { index: "bySize", equal: {}, ...range, ...rest } };
    });
  return fc.oneof(
    { weight: 5, arbitrary: write },
    { weight: 1, arbitrary: remove },
    { weight: 2, arbitrary: find },
  );
}

/** The same rules over a map: the word that each step ends with. */
class Model {
  readonly ships = new Map<string, Ship>();

  write(id: string, body: Ship, wanted: "there" | "absent"): string {
    if (wanted === "there" && !this.ships.has(id)) return "NOT_FOUND";
    const others = [...this.ships].filter(([other]) => other !== id).map(([, ship]) => ship);
    const broken = [
      ...(wanted === "absent" && this.ships.has(id) ? ["id"] : []),
      ...(others.some(({ name }) => name !== undefined && name === body.name) ? ["name"] : []),
      ...(others.some((ship) => sameOwnerSize(ship, body)) ? ["ownerSize"] : []),
    ];
    if (broken.length > 0) return "ALREADY_EXISTS";
    this.ships.set(id, body);
    return "done";
  }

  find({
    from = Number.NEGATIVE_INFINITY,
    until = Number.POSITIVE_INFINITY,
    isDescending,
  }: DocumentQuery): string[] {
    const found = [...this.ships]
      .filter(([, { size }]) => size !== undefined && size >= Number(from) && size < Number(until))
      .sort(([a, x], [b, y]) => (x.size ?? 0) - (y.size ?? 0) || compareText(a, b))
      .map(([id]) => id);
    return isDescending ? found.reverse() : found;
  }
}

function sameOwnerSize(a: Ship, b: Ship): boolean {
  return a.owner !== undefined && a.size !== undefined && a.owner === b.owner && a.size === b.size;
}

const wordOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error) => error.code as string,
  );

async function findAll(ships: Collection<Ship>, query: DocumentQuery): Promise<string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await ships.find(token === undefined ? query : { ...query, continue: token });
    found.push(...page.items.map(({ id }) => id));
    token = page.continue;
  } while (token !== undefined);
  return found;
}

/** Compares a step's end with the model's; `kept` are the documents as the store gave them. */
async function step(
  ships: Collection<Ship>,
  model: Model,
  kept: Map<string, Kept<Ship>>,
  one: AnyStep,
): Promise<void> {
  if (one.do === "find") {
    expect(await findAll(ships, one.query)).toEqual(model.find(one.query));
    return;
  }
  const { id } = one;
  const version = kept.get(id)?.version ?? "none";
  if (one.do === "delete") {
    expect(await wordOf(ships.delete(id, version))).toBe(
      model.ships.delete(id) ? "done" : "NOT_FOUND",
    );
  } else if (one.do === "replace") {
    expect(await wordOf(ships.replace(id, version, one.body))).toBe(
      model.write(id, one.body, "there"),
    );
  } else if (one.do === "replace stale") {
    const word = await wordOf(ships.replace(id, "stale", one.body));
    expect(word).toBe(model.ships.has(id) ? "CONFLICT" : "NOT_FOUND");
  } else {
    const word = one.do === "insert" ? ships.insert(id, one.body) : ships.insertOnce(id, one.body);
    const isThere = one.do === "insertOnce" && model.ships.has(id);
    expect(await wordOf(word)).toBe(isThere ? "done" : model.write(id, one.body, "absent"));
  }
  const found = await ships.get(id);
  expect(found?.body).toEqual(model.ships.get(id));
  if (found) kept.set(id, found);
  else kept.delete(id);
}

/** Stories on one storage, each in a collection of its own. */
export class Stories {
  readonly #store: DocumentStore;
  readonly #models: Model[] = [];

  constructor(store: DocumentStore) {
    this.#store = store;
  }

  /** Any steps end as they would on a map. */
  async tell(steps: readonly AnyStep[]): Promise<void> {
    const model = new Model();
    const ships = await this.#store.collection(specOf(this.#models.push(model)));
    const kept = new Map<string, Kept<Ship>>();
    for (const one of steps) await step(ships, model, kept, one);
  }

  /** A store that was opened later has the end of every story. */
  async compare(later: DocumentStore): Promise<void> {
    for (const [i, { ships: expected }] of this.#models.entries()) {
      const ships = await later.collection(specOf(i + 1));
      for (const [id, body] of expected) expect((await ships.get(id))?.body).toEqual(body);
      expect(await findAll(ships, { index: "all", equal: {}, limit: 7 })).toEqual(
        [...expected.keys()].sort(compareText),
      );
    }
  }
}

const specOf = (story: number): CollectionSpec<Ship> => ({ ...SHIPS, name: `ships_${story}` });
