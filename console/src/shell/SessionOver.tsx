import { sessionOver, useSignal } from "../api/signals.ts";
import { Dialog } from "../design/Dialog.tsx";
import { SignInForm } from "./SignInForm.tsx";
import { texts } from "./texts.ts";

/** Asks to sign in again over the page, whose forms stay as they were. */
export function SessionOver() {
  return (
    <Dialog title={texts.sessionOver} isOpen={useSignal(sessionOver)}>
      <p className="muted">{texts.sessionOverHint}</p>
      <SignInForm />
    </Dialog>
  );
}
