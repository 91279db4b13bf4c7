import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useSession } from "../api/session.ts";
import { Notice } from "../design/Notice.tsx";
import { Page } from "./Page.tsx";
import { SignInForm } from "./SignInForm.tsx";
import { texts } from "./texts.ts";

/** Signs in with the token behind the `#` of a printed link, which never reaches the server's logs, or with one typed by hand. */
export function SignInPage() {
  const [, navigate] = useLocation();
  const [error, setError] = useState<string | null>(null);
  const { signIn } = useSession();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the link is traded once
  useEffect(() => {
    const token = decodeURIComponent(window.location.hash.slice(1));
    if (token === "") return;
    window.history.replaceState(null, "", window.location.pathname);
    signIn(token).then(
      () => navigate("/", { replace: true }),
      (failure: Error) => setError(failure.message),
    );
  }, []);

  return (
    <main id="content" className="sign-in">
      <p className="name">{texts.name}</p>
      <Page title={texts.signIn}>
        {error !== null && (
          <Notice tone="danger" role="alert">
            {error}
          </Notice>
        )}
        <p className="muted">{texts.signInIntro}</p>
        <SignInForm onSignedIn={() => navigate("/", { replace: true })} />
      </Page>
    </main>
  );
}
