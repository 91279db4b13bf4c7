import { Link } from "wouter";
import { useMe } from "../api/session.ts";
import { momentText } from "../time/words.ts";
import { nothingYet, texts } from "./texts.ts";

interface Props {
  /** Names what was not known yet: `account A-7`. */
  name: string;
  knownAt: string;
  /** When the first entry about it was recorded. */
  first: string;
  /** Leads to the page as known then. */
  href: string;
}

/** Says that nothing was recorded yet, and leads to the first entry. */
export function NothingYet({ name, knownAt, first, href }: Props) {
  const { time_zone } = useMe();
  return (
    <p>
      {nothingYet(name, momentText(knownAt, time_zone), momentText(first, time_zone))}{" "}
      <Link href={href}>{texts.showFirst}</Link>
    </p>
  );
}
