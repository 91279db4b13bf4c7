import { X } from "lucide-react";
import { To } from "../design/To.tsx";
import { SOURCES } from "../history/texts.ts";
import { dayText } from "../time/words.ts";
import { topicText } from "./changed.ts";
import { type Filters, NAMES, type Name, without } from "./filters.ts";
import { texts } from "./texts.ts";
import { KINDS, type Kind } from "./things.ts";

interface Props {
  filters: Filters;
  address: (filters: Filters) => string;
}

/** The filters that are chosen, each with a link that takes it away. */
export function Chosen({ filters, address }: Props) {
  const names = NAMES.filter((name) => filters[name] !== undefined);
  if (names.length === 0) return null;
  return (
    <ul className="plain row">
      {names.map((name) => (
        <li key={name}>
          <To className="chip" href={address(without(filters, name))}>
            <span className="unseen">{texts.remove}: </span>
            {chosenText(name, filters[name] ?? "")}
            <X aria-hidden="true" size={14} />
          </To>
        </li>
      ))}
    </ul>
  );
}

function chosenText(name: Name, value: string): string {
  return name === "back_dated" ? texts.back_dated : `${texts[name]}: ${valueText(name, value)}`;
}

function valueText(name: Name, value: string): string {
  if (name === "kind") return KINDS[value as Kind] ?? value;
  if (name === "source") return SOURCES[value as keyof typeof SOURCES] ?? value;
  if (name === "topic") return topicText(value);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
  return isDay ? dayText(value) : value;
}
