import { useMe, useSession } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { To } from "../design/To.tsx";
import { CurrentCall } from "./CurrentCall.tsx";
import { Navigation } from "./Navigation.tsx";
import { PointControl } from "./PointControl.tsx";
import { Search } from "./Search.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";
import { texts } from "./texts.ts";

/** The top bar: where one can go, what one can look for, and who one is. */
export function Bar() {
  const me = useMe();
  const { signOut } = useSession();
  const roles = me.roles.join(", ");
  return (
    <header className="bar">
      <To className="name" href="/">
        {texts.name}
      </To>
      <Navigation />
      <CurrentCall />
      <Search />
      <PointControl />
      <ThemeSwitch />
      <span>
        {me.actor} {roles !== me.actor && <span className="muted">{roles}</span>}
      </span>
      <Action look="quiet" onClick={() => void signOut()}>
        {texts.signOut}
      </Action>
    </header>
  );
}
