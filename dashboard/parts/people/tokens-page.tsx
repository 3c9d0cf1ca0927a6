import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageOf, TokenView } from "../../net/wire.ts";
import { agoText, dateText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import type { Action } from "../actions/action-dialog.tsx";
import { type Dashboard, useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead, Problem } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";
import { PlainTable } from "../tables/plain-table.tsx";
import { NewToken } from "./new-token.tsx";
import { roleText } from "./roles.ts";
import { SecretOnce } from "./secret-once.tsx";

/** The tokens of programs: what each may do, where, until when. */
export function TokensPage(): JSX.Element {
  const texts = useTexts();
  const { value, failure, again } = useLoaded<PageOf<TokenView>>({ path: "/v1/tokens" });
  const [secret, setSecret] = useState<string | undefined>(undefined);
  return (
    <>
      <PageHead title={texts.tokens} />
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {!value && failure === undefined && <Loading />}
      {value && (
        <>
          <NewToken onMade={setSecret} again={again} />
          {value.items.length === 0 ? (
            <Empty text={texts.noTokens} />
          ) : (
            <TokenTable tokens={value.items} again={again} />
          )}
        </>
      )}
      {secret !== undefined && (
        <SecretOnce
          title={texts.token}
          about={texts.tokenOnce}
          secret={secret}
          onClose={() => setSecret(undefined)}
        />
      )}
    </>
  );
}

function TokenTable(props: {
  readonly tokens: readonly TokenView[];
  readonly again: () => void;
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const heads = [
    ...[texts.name, texts.role, texts.namespaces, texts.madeBy],
    ...[texts.lastUsed, texts.expires, texts.actions],
  ];
  return (
    <div class="panel">
      <PlainTable heads={heads}>
        {props.tokens.map((token) => (
          <tr key={token.id}>
            <th scope="row">{token.name}</th>
            <td>{roleText(token.role, texts)}</td>
            <td>{token.namespaces?.join(", ") || texts.all}</td>
            <td>{token.createdBy}</td>
            <td>
              {token.lastUsedAt
                ? texts.ago(agoText(Date.parse(token.lastUsedAt), now))
                : texts.never}
            </td>
            <td class="when">{dateText(Date.parse(token.expiresAt))}</td>
            <td>
              <ActionBar actions={[revokeAction(dashboard, token, props.again)]} />
            </td>
          </tr>
        ))}
      </PlainTable>
    </div>
  );
}

function revokeAction(dashboard: Dashboard, { id, name }: TokenView, again: () => void): Action {
  const { texts } = dashboard;
  return {
    ...{ key: "revoke", label: texts.revoke, title: texts.revokeTitle(name) },
    about: texts.revokeAbout,
    isDangerous: true,
    run: async () => {
      await dashboard.api.call({ method: "DELETE", path: `/v1/tokens/${encodeURIComponent(id)}` });
      again();
      return texts.revoked(name);
    },
  };
}
