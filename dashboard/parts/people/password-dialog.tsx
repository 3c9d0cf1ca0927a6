import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Dialog } from "../shell/dialog.tsx";
import { Field } from "../shell/field.tsx";
import { Problem } from "../shell/states.tsx";
import { useSubmit } from "../shell/use-submit.ts";

/** A new password for who is signed in. */
export function PasswordDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const { failure, isBusy, onSubmit } = useSubmit(async () => {
    await dashboard.session.changePassword(old, next);
    dashboard.note("good", texts.passwordChanged);
    onClose();
  });
  return (
    <Dialog title={texts.changePassword} onClose={onClose}>
      <form onSubmit={onSubmit}>
        {failure !== undefined && <Problem failure={failure} />}
        <Field
          label={texts.oldPassword}
          name="old"
          type="password"
          autocomplete="current-password"
          value={old}
          onValue={setOld}
          required
        />
        <Field
          label={texts.newPassword}
          name="new"
          type="password"
          hint={texts.passwordHint}
          autocomplete="new-password"
          value={next}
          onValue={setNext}
          required
        />
        <div class="row row-end">
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="main" disabled={isBusy}>
            {texts.changePassword}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
