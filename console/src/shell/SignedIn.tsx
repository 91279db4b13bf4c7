import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { problemOf } from "../api/problems.ts";
import { meQuery } from "../api/session.ts";
import { Problem } from "../design/Problem.tsx";
import { Page } from "./Page.tsx";
import { SignInForm } from "./SignInForm.tsx";
import { texts } from "./texts.ts";

/** Shows its content to people who are signed in, and lets others sign in at the same address. */
export function SignedIn({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery());
  if (me.data !== undefined) return children;
  if (me.isPending) return <main aria-busy="true" />;
  return (
    <main id="content" className="sign-in">
      {problemOf(me.error, "unknown-caller") ? (
        <Page title={texts.signIn}>
          <p className="muted">{texts.signInIntro}</p>
          <SignInForm />
        </Page>
      ) : (
        <Page title={texts.name}>
          <Problem error={me.error} onRetry={() => void me.refetch()} />
        </Page>
      )}
    </main>
  );
}
