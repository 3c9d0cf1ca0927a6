import type { JSX } from "preact";
import { FLEET_LABEL, type Fleet, type FleetRevision } from "../../../core/model/fleet.ts";
import { sameJson } from "../../../core/std/json.ts";
import { Failure } from "../../net/failure.ts";
import { pathOf } from "../../net/paths.ts";
import type { PageOf } from "../../net/wire.ts";
import { agoText, dateText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import type { Action } from "../actions/action-dialog.tsx";
import { type Dashboard, useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, Panel, Problem } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";
import { PlainTable } from "../tables/plain-table.tsx";

/** The versions that a fleet had, newest first, and the way back to each. */
export function RevisionsPanel({ fleet }: { readonly fleet: Fleet }): JSX.Element {
  const texts = useTexts();
  // A version is made a moment after the change: whatever becomes of the fleet is a reason to look again.
  const { name, namespace, uid, resourceVersion } = fleet.metadata;
  const path = pathOf("FleetRevision", { namespace });
  const query = { labelSelector: `${FLEET_LABEL}=${name}` };
  const { value, failure, again } = useLoaded<PageOf<FleetRevision>>(
    { path, query },
    resourceVersion,
  );
  const revisions = value?.items
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .sort((a, b) => b.spec.revision - a.spec.revision);
  return (
    <Panel title={texts.revisions}>
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {!revisions && failure === undefined && <Loading />}
      {revisions?.length === 0 && <Empty text={texts.noRevisions} />}
      {revisions && revisions.length > 0 && <Revisions fleet={fleet} revisions={revisions} />}
    </Panel>
  );
}

function Revisions(props: {
  readonly fleet: Fleet;
  readonly revisions: readonly FleetRevision[];
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const { fleet, revisions } = props;
  const heads = [texts.revision, texts.image, texts.why, texts.made, texts.actions];
  return (
    <PlainTable heads={heads}>
      {revisions.map(({ metadata, spec }) => (
        <tr key={metadata.uid}>
          <th scope="row">{spec.revision}</th>
          <td>
            <code>{spec.template.spec.template.spec.containers[0]?.image ?? ""}</code>
          </td>
          <td>{spec.changeCause ?? "–"}</td>
          <td class="when" title={dateText(Date.parse(metadata.creationTimestamp))}>
            {texts.ago(agoText(Date.parse(metadata.creationTimestamp), now))}
          </td>
          <td>
            {sameJson(spec.template, fleet.spec.template) ? (
              texts.presentRevision
            ) : (
              <ActionBar actions={[undoAction(dashboard, fleet, spec)]} />
            )}
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}

function undoAction(
  { api, texts }: Dashboard,
  fleet: Fleet,
  { revision, template }: FleetRevision["spec"],
): Action {
  const { name, namespace } = fleet.metadata;
  return {
    key: "undo",
    label: texts.undo,
    title: texts.undoTitle(name, revision),
    about: texts.undoAbout,
    touching: { namespace, fleet: name },
    ends: "none",
    run: async () => {
      if (fleet.spec.paused) throw new Failure(422, texts.undoPaused);
      // With the resourceVersion: what somebody else changed in between is not undone unseen.
      const body = { ...fleet, spec: { ...fleet.spec, template } };
      await api.call({ method: "PUT", path: pathOf("Fleet", { namespace, name }), body });
      return texts.undone(name, revision);
    },
  };
}
