import type { AlertView, Silence } from "../../net/wire.ts";
import type { Action } from "../actions/action-dialog.tsx";
import type { Dashboard } from "../shell/dashboard.ts";

/** Says that somebody looks after it. */
export function acknowledgeAction(
  dashboard: Dashboard,
  alert: AlertView,
  onDone: () => void,
): Action {
  const { texts } = dashboard;
  return {
    key: "acknowledge",
    label: texts.acknowledge,
    title: texts.acknowledgeTitle(alert.rule),
    about: texts.acknowledgeAbout,
    ends: "none",
    fields: [{ name: "comment", label: texts.comment, value: "", isOptional: true }],
    run: async ({ comment = "" }) => {
      const path = `/v1/alerts/${encodeURIComponent(alert.id)}/acknowledge`;
      await dashboard.api.call({ method: "POST", path, body: comment === "" ? {} : { comment } });
      onDone();
      return texts.acknowledgedNote;
    },
  };
}

/** Keeps a rule quiet about one object for a while. */
export function silenceAction(dashboard: Dashboard, alert: AlertView, onDone: () => void): Action {
  const { texts } = dashboard;
  const { kind, namespace, name } = alert.subject;
  return {
    key: "silence",
    label: texts.silence,
    title: texts.silenceTitle(alert.rule),
    about: texts.silenceAbout,
    ends: "none",
    fields: [
      {
        ...{ name: "minutes", label: texts.minutes, value: "60" },
        ...{ type: "number", min: 1, max: 10_080 },
      },
      { name: "comment", label: texts.comment, value: "", isOptional: true },
    ],
    run: async ({ minutes = "60", comment = "" }) => {
      const match = { rule: alert.rule, kind, ...(namespace ? { namespace } : {}), name };
      const body = { match, minutes: Number(minutes), comment };
      await dashboard.api.call({ method: "POST", path: "/v1/silences", body });
      onDone();
      return texts.silencedNote;
    },
  };
}

export function unsilenceAction(
  dashboard: Dashboard,
  silence: Silence,
  onDone: () => void,
): Action {
  const { texts } = dashboard;
  return {
    key: "unsilence",
    label: texts.endSilence,
    title: texts.endSilence,
    about: texts.endSilenceAbout,
    ends: "none",
    run: async () => {
      const path = `/v1/silences/${encodeURIComponent(silence.id)}`;
      await dashboard.api.call({ method: "DELETE", path });
      onDone();
      return texts.silenceEnded;
    },
  };
}
