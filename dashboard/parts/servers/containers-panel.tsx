import type { JSX } from "preact";
import type { Row } from "../../net/wire.ts";
import { useRows, useTexts } from "../shell/dashboard.ts";
import { Empty, Panel } from "../shell/states.tsx";
import { useColumns } from "../tables/use-columns.ts";
import { VirtualTable } from "../tables/virtual-table.tsx";

/** The containers that belong to something: replicas of a service, those on a machine or a network. */
export function ContainersPanel(props: {
  readonly title: string;
  readonly isShown: (row: Row) => boolean;
}): JSX.Element {
  const { title, isShown } = props;
  const texts = useTexts();
  const { rows } = useRows("Container");
  const mine = rows.filter(isShown);
  const columns = useColumns("Container", mine);
  return (
    <Panel title={title}>
      {mine.length === 0 ? (
        <Empty text={texts.noContainers} />
      ) : (
        <VirtualTable label={title} rows={mine} columns={columns} keyOf={(row) => row.uid} />
      )}
    </Panel>
  );
}
