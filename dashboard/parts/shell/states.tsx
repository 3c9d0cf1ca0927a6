import type { ComponentChildren, JSX } from "preact";
import { Failure } from "../../net/failure.ts";
import { reasonText } from "../../texts/texts.ts";
import { hashOfObject } from "../../view/route.ts";
import { toneOf } from "../../view/tones.ts";
import { useDashboard, useStore, useTexts } from "./dashboard.ts";
import { Icon } from "./icons.tsx";

/** Nothing is here, and what to type to change that. */
export function Empty(props: {
  readonly text: string;
  readonly command?: string | undefined;
}): JSX.Element {
  const texts = useTexts();
  return (
    <div class="empty">
      <p>{props.text}</p>
      {props.command !== undefined && (
        <p>
          {texts.nextCommand} <code>{props.command}</code>
        </p>
      )}
    </div>
  );
}

/** What went wrong and what to do. */
export function Problem(props: {
  readonly failure: unknown;
  readonly onAgain?: (() => void) | undefined;
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const { failure, onAgain } = props;
  const isForbidden = failure instanceof Failure && failure.status === 403;
  return (
    <div class="problem" role="alert">
      <Icon name="warn" />
      <p>{dashboard.wordsFor(failure)}</p>
      {onAgain && !isForbidden && (
        <button type="button" onClick={onAgain}>
          {texts.again}
        </button>
      )}
    </div>
  );
}

export function Loading(): JSX.Element {
  const texts = useTexts();
  return (
    <p class="hint loading" role="status">
      {texts.loading}
    </p>
  );
}

/** The word of a state, with its colour beside it. */
export function State({ state }: { readonly state: string }): JSX.Element {
  return (
    <span class="state">
      <span class={`dot tone-${toneOf(state)}`} aria-hidden="true" />
      {state}
    </span>
  );
}

/** Why something is as it is: the reason's word, what it means, and the server's sentence. */
export function Why(props: {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}): JSX.Element | null {
  const dashboard = useDashboard();
  const language = useStore(dashboard.language);
  const { reason, message } = props;
  if (!reason && !message) return null;
  const meaning = reason ? reasonText(reason, language) : undefined;
  return (
    <p class="why">
      {reason && <code class="reason">{reason}</code>}
      {meaning && <span>{meaning}</span>}
      {message && <span class="why-message">{message}</span>}
    </p>
  );
}

/** A link to an object; its name alone when it has no page. */
export function ObjectLink(props: {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly class?: string;
}): JSX.Element {
  const href = hashOfObject(props.kind, props.name, props.namespace);
  if (href === undefined) return <span>{props.name}</span>;
  return (
    <a href={href} class={props.class}>
      {props.name}
    </a>
  );
}

/** One fact: its name, and what it is. */
export function Fact(props: {
  readonly label: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="fact">
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

export function Panel(props: {
  readonly title: string;
  readonly end?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly class?: string;
}): JSX.Element {
  return (
    <section class={`panel ${props.class ?? ""}`} aria-label={props.title}>
      <header class="panel-head">
        <h2>{props.title}</h2>
        {props.end}
      </header>
      {props.children}
    </section>
  );
}

/** The head of a page: where one is, what it is, and what can be done. */
export function PageHead(props: {
  readonly title: string;
  readonly up?: { readonly href: string; readonly text: string };
  readonly beside?: ComponentChildren;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <header class="page-head">
      <div class="grow">
        {props.up && (
          <a class="up" href={props.up.href}>
            {props.up.text}
          </a>
        )}
        <h1>
          {props.title} {props.beside}
        </h1>
      </div>
      <div class="actions">{props.children}</div>
    </header>
  );
}
