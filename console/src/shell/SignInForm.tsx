import { type FormEvent, useState } from "react";
import { useSession } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { texts } from "./texts.ts";

/** One field for a token, one button, the error beside the field. */
export function SignInForm({ onSignedIn }: { onSignedIn?: () => void }) {
  const { signIn } = useSession();
  const [error, setError] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token")).trim();
    if (token === "") return setError(texts.tokenNeeded);
    try {
      await signIn(token);
      onSignedIn?.();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  }

  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      <Field label={texts.token} errors={error === null ? [] : [error]}>
        {(input) => <input {...input} name="token" type="password" autoComplete="off" spellCheck={false} />}
      </Field>
      <div>
        <Action type="submit" look="primary">
          {texts.signIn}
        </Action>
      </div>
    </form>
  );
}
