import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { MapSummary } from "../../net/wire.ts";
import { Field } from "../shell/field.tsx";
import { Icon } from "../shell/icons.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";

interface MembersProps {
  readonly map: MapSummary;
  readonly onMap: (map: MapSummary) => void;
}

/** Who else may build on a map: added by user name, and taken off again. */
export function Members({ map, onMap }: MembersProps): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const [name, setName] = useState("");
  const [isBusy, setBusy] = useState(false);
  const set = async (user: string, isMember: boolean): Promise<void> => {
    setBusy(true);
    try {
      onMap(await meet.services.setMember(map.map_id, user, isMember));
      if (isMember) setName("");
    } catch (error) {
      meet.tell(error);
    }
    setBusy(false);
  };
  const add = (event: Event): void => {
    event.preventDefault();
    void set(name.trim(), true);
  };
  return (
    <section class="members">
      <h3>{texts.members}</h3>
      <ul>
        {map.members?.map((user) => (
          <li key={user} class="row">
            <span class="grow">{user}</span>
            <button
              type="button"
              class="bare"
              disabled={isBusy}
              aria-label={texts.dropMember(user)}
              onClick={() => void set(user, false)}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <form class="row row-whole" onSubmit={add}>
        <div class="grow">
          <Field
            label={texts.userId}
            name="member"
            value={name}
            onValue={setName}
            minLength={3}
            maxLength={32}
            required
          />
        </div>
        <button type="submit" disabled={isBusy}>
          {texts.addMember}
        </button>
      </form>
    </section>
  );
}
