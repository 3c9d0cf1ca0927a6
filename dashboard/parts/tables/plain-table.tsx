import type { ComponentChildren, JSX } from "preact";

interface PlainTableProps {
  /** What each column is; with `number` its numbers stand at its right. */
  readonly heads: readonly (string | { readonly number: string } | false)[];
  readonly class?: string;
  /** Its rows. */
  readonly children: ComponentChildren;
}

/** A short table, all of it in the document; where it is wider than its place it is moved by itself. */
export function PlainTable({ heads, children, class: more = "" }: PlainTableProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
    <div class="scroll-x" tabIndex={0}>
      <table class={`plain ${more}`}>
        <thead>
          <tr>
            {heads.map((head) => {
              if (head === false) return null;
              const isText = typeof head === "string";
              const label = isText ? head : head.number;
              return (
                <th key={label} scope="col" class={isText ? undefined : "number"}>
                  {label}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
