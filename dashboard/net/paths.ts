import { type AnyKind, KINDS } from "../../core/model/kinds.ts";

/** `/apis/agones.dev/v1/namespaces/default/fleets/arena/scale`. Pure. */
export function pathOf(
  kind: AnyKind,
  { namespace, name, part }: { namespace?: string | undefined; name?: string; part?: string } = {},
): string {
  const { group, version, plural, namespaced } = KINDS[kind];
  const folder = namespaced && namespace ? ["namespaces", namespace] : [];
  const words = ["apis", group, version, ...folder, plural, name, part];
  return `/${words
    .filter((word) => word !== undefined)
    .map((word) => encodeURIComponent(word))
    .join("/")}`;
}
