import type { ComponentChildren, JSX } from "preact";
import type { Resource } from "../../../core/model/resource.ts";
import { hashFor, type PageName } from "../../view/route.ts";
import { useTexts } from "./dashboard.ts";
import { Loading, PageHead, Problem, State } from "./states.tsx";
import type { Loaded } from "./use-loaded.ts";

interface ObjectFrameProps<T extends Resource> {
  /** The list that it stands in. */
  readonly page: Extract<PageName, `${string}s`>;
  readonly name: string;
  readonly loaded: Loaded<T>;
  readonly state?: (object: T) => string;
  /** What can be done with it. */
  readonly actions: (object: T) => ComponentChildren;
  readonly children: (object: T) => ComponentChildren;
}

/** The page of one object: where it belongs, its state and actions; or that it is not known yet, or not there. */
export function ObjectFrame<T extends Resource>(props: ObjectFrameProps<T>): JSX.Element {
  const texts = useTexts();
  const { page, name, loaded, state, actions, children } = props;
  const { value, failure, again } = loaded;
  const up = { href: hashFor({ page }), text: texts[page as "fleets"] };
  const word = value && (value.metadata.deletionTimestamp ? "Terminating" : state?.(value));
  return (
    <>
      <PageHead title={name} up={up} beside={word && <State state={word} />}>
        {value && actions(value)}
      </PageHead>
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {value ? children(value) : failure === undefined && <Loading />}
    </>
  );
}
