import { type FormEvent, useState } from "react";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Field } from "../design/Field.tsx";
import { instantIn, localIn } from "../time/dates.ts";
import { usePoint, useSetPoint } from "../time/usePoint.ts";
import { knownHint, texts } from "./texts.ts";

/** Opens the two values that make the point in time of the page. */
export function PointControl() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Action look="quiet" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {texts.pointOpen}
      </Action>
      <Dialog title={texts.pointOpen} isOpen={isOpen} onClose={() => setOpen(false)}>
        <PointForm onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function PointForm({ onDone }: { onDone: () => void }) {
  const { time_zone } = useMe();
  const point = usePoint();
  const setPoint = useSetPoint();
  const shown = point.knownAt === null ? "" : localIn(time_zone, point.knownAt);

  function show(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const known = String(form.get("known"));
    // The field has no microseconds: what was not touched stays the instant that it was.
    const knownAt = known === shown ? point.knownAt : known && instantIn(time_zone, known);
    setPoint({ validAt: String(form.get("valid")) || null, knownAt: knownAt || null });
    onDone();
  }

  return (
    <form className="stack" onSubmit={show}>
      <Field label={texts.validAt} hint={texts.validHint}>
        {(input) => <input {...input} type="date" name="valid" defaultValue={point.validAt ?? ""} />}
      </Field>
      <Field label={texts.knownAt} hint={knownHint(time_zone)}>
        {(input) => <input {...input} type="datetime-local" step="1" name="known" defaultValue={shown} />}
      </Field>
      <div className="row">
        <Action type="submit" look="primary">
          {texts.show}
        </Action>
        <Action onClick={onDone}>{texts.close}</Action>
      </div>
    </form>
  );
}
