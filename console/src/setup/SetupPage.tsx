import { useRights } from "../api/session.ts";
import { To } from "../design/To.tsx";
import { AREAS } from "../shell/areas.ts";
import { Page } from "../shell/Page.tsx";
import { texts } from "./texts.ts";

/** Where everything is that a company sets up. */
export default function SetupPage() {
  const may = useRights();
  const sections = AREAS.find(({ path }) => path === "/set-up")?.sections ?? [];
  return (
    <Page title={texts.setup}>
      <ul className="plain stack">
        {sections
          .filter(({ needs }) => may(needs))
          .map(({ path, label }) => (
            <li key={path}>
              <To href={path}>{label}</To>
              <div className="hint">{texts.sections[path]}</div>
            </li>
          ))}
      </ul>
    </Page>
  );
}
