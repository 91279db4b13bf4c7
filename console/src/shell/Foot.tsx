import { useMe } from "../api/session.ts";
import { texts, timesIn } from "./texts.ts";

/** The time zone of every instant on the page, and what the console is made of. */
export function Foot() {
  const { time_zone } = useMe();
  return (
    <footer className="foot hint">
      <span>{timesIn(time_zone)}</span>
      <a href="/docs">{texts.apiDocs}</a>
      <a href="/licenses.md">{texts.licences}</a>
    </footer>
  );
}
