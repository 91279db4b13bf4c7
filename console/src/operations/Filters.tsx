import { useLocation, useSearch } from "wouter";
import { To } from "../design/To.tsx";
import { count } from "./judging.ts";

interface Choice {
  /** Null stands for the one without the parameter. */
  value: string | null;
  label: string;
  count?: number | null;
}

interface Props {
  label: string;
  /** The parameter of the address. */
  name: string;
  choices: readonly Choice[];
}

/** Links that show a part of a list; which one is chosen is in the address. */
export function Filters({ label, name, choices }: Props) {
  const [path] = useLocation();
  const search = useSearch();
  const chosen = new URLSearchParams(search).get(name);

  function address(value: string | null): string {
    const parameters = new URLSearchParams(search);
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
    return `${path}?${parameters}`;
  }

  return (
    <nav aria-label={label}>
      <ul className="plain filters">
        {choices.map((choice) => (
          <li key={choice.label}>
            <To href={address(choice.value)} aria-current={choice.value === chosen ? "page" : undefined}>
              {choice.label}
              {choice.count != null && <span className="muted"> {count(choice.count)}</span>}
            </To>
          </li>
        ))}
      </ul>
    </nav>
  );
}
