import type { DocumentStore } from "../../store/documents/document-store.ts";
import { createService, type ServiceOptions } from "./create-service.ts";
import { ServiceMetrics } from "./metrics.ts";
import { openDocuments, whyAway } from "./open-documents.ts";
import type { RunningService } from "./run-service.ts";
import { readTokenFile } from "./token-file.ts";

/** What one service is beside what all with documents have in common. */
export type DocumentServiceParts = Pick<ServiceOptions, "routes" | "authenticate"> &
  Partial<Pick<ServiceOptions, "plain">>;

export interface DocumentServiceOptions
  extends Pick<ServiceOptions, "title" | "version" | "description" | "bodyBytesMax" | "logger"> {
  readonly settings: {
    readonly documents: string;
    readonly tokenFile: string;
    readonly proxies: number;
  };
  /** Where the documents' URL names no database. */
  readonly database: string;
  /** Makes it on its documents; what `stack` gets is disposed before them. */
  readonly open: (
    store: DocumentStore,
    stack: AsyncDisposableStack,
    metrics: ServiceMetrics,
  ) => Promise<DocumentServiceParts>;
}

/** A service that keeps documents, ready to listen. */
export async function openDocumentService(
  options: DocumentServiceOptions,
): Promise<RunningService> {
  const { settings, database, open, ...described } = options;
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openDocuments(settings.documents, database));
  const metrics = new ServiceMetrics();
  const parts = await open(store, stack, metrics);
  let isEnding = false;
  const app = await createService({
    plain: {},
    ...described,
    ...parts,
    operatorToken: readTokenFile(settings.tokenFile),
    isEnding: () => isEnding,
    notReady: () => whyAway(store),
    proxies: settings.proxies,
    metrics,
  });
  stack.defer(() => app.close());
  const all = stack.move();
  return {
    app,
    fatal: store.fatal,
    beginEnd: () => {
      isEnding = true;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
