import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeOrReadToken } from "../../access/tokens.ts";
import type { ListSource } from "../../api/stream/list-topic.ts";
import type { Alert, AlertMessage } from "../../core/model/alert.ts";
import type { HistoryRow } from "../../core/model/history.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Controllers } from "../../fleet/controller/controllers.ts";
import { ALERT_WEBHOOK_BOUNDS, AlertWebhook } from "../../monitor/alerts/alert-webhook.ts";
import { Alerts } from "../../monitor/alerts/alerts.ts";
import { HISTORY_LIMITS, HistoryLog } from "../../monitor/history/history-log.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import type { Samples } from "../../monitor/samples/samples.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { type Config, webUrl } from "../config.ts";

const ALERTS_FILE = "alerts.json";
export const WEBHOOK_SECRET_FILE = "alert-webhook.secret";

interface Base {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The history of the control plane, in the working folder. */
export function openHistory(
  base: Base,
  store: ResourceStore,
  { historyRows, historyDays }: Config,
): Promise<HistoryLog> {
  const bounds = { rowsMax: historyRows, daysMax: historyDays };
  return HistoryLog.open({ ...HISTORY_LIMITS, ...base, ...bounds, store, folder: "." });
}

/** Where alerts are sent, if anywhere. The secret is made when it is not there; `folder` is the state folder, for root. */
export async function openAlertWebhook(
  base: Base,
  folder: string,
  config: Pick<Config, "alertWebhook" | "alertWebhookFile">,
): Promise<AlertWebhook | undefined> {
  const url = config.alertWebhook || (await urlOfFile(config.alertWebhookFile));
  if (url === "") return undefined;
  const secret = await makeOrReadToken(join(folder, WEBHOOK_SECRET_FILE));
  return new AlertWebhook({ ...base, url, secret, bounds: ALERT_WEBHOOK_BOUNDS });
}

/** The file may be root's alone: it is read before root is given up. */
async function urlOfFile(file: string): Promise<string> {
  if (file === "") return "";
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new FleetError("INVALID", `cannot read --alert-webhook-file: ${messageOf(error)}`);
  });
  const url = webUrl(text.trim());
  if (url) return url;
  throw new FleetError("INVALID", `${file} must hold a URL such as https://ops.example/alerts`);
}

/** The alerts, kept in the working folder. */
export function openAlerts(
  parts: Base & {
    readonly store: ResourceStore;
    readonly samples: Samples;
    readonly history: HistoryLog;
    readonly metrics: Metrics;
    readonly controllers: Controllers;
    readonly webhook: AlertWebhook | undefined;
  },
  { nodeLostAfter }: Pick<Config, "nodeLostAfter">,
): Promise<Alerts> {
  const { controllers, webhook, ...rest } = parts;
  const nodes = {
    lostAfterMs: nodeLostAfter * 1_000,
    silentMs: (name: string) => controllers.link.silentMs(name),
    portsFree: (name: string) => controllers.portsFree(name),
  };
  const send = (message: AlertMessage): void => webhook?.send(message);
  return Alerts.open({ ...rest, nodes, send, file: ALERTS_FILE });
}

/** Lines of the history that a page sees without asking. */
const NEWEST_MAX = 100;

/** What the page at a glance and the stream show of both. */
export function listsOf(
  history: HistoryLog,
  alerts: Alerts,
): {
  readonly alertCounts: () => ReturnType<Alerts["alertCounts"]>;
  readonly alertList: ListSource<Alert>;
  readonly historyList: ListSource<HistoryRow>;
} {
  let newest: readonly HistoryRow[] = [];
  history.onRows((rows) => {
    newest = [...rows.toReversed(), ...newest].slice(0, NEWEST_MAX);
  });
  return {
    alertCounts: () => alerts.alertCounts(),
    alertList: { items: () => alerts.list(), onChange: (tell) => alerts.onChange(() => tell()) },
    historyList: { items: () => newest, onChange: (tell) => history.onRows(() => tell()) },
  };
}
