import { type FormEvent, useState } from "react";
import type { ProblemError } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { To } from "../design/To.tsx";
import { Chosen } from "./Chosen.tsx";
import { FilterFields } from "./FilterFields.tsx";
import { type Filters, NAMES } from "./filters.ts";
import { filtersText, texts } from "./texts.ts";

const WIDE = "(min-width: 40rem)";

interface Props {
  filters: Filters;
  /** What the API says of them. */
  problem: ProblemError | null;
  /** Returns the address with other filters. */
  address: (filters: Filters) => string;
  onShow: (filters: Filters) => void;
}

/** The filters as a form, and those that are chosen as a list. Where there is little room the form is closed at first. */
export function FilterForm({ filters, problem, address, onShow }: Props) {
  const [isOpen] = useState(() => window.matchMedia(WIDE).matches || problem !== null);
  const count = Object.keys(filters).length;

  function show(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = NAMES.map((name) => [name, String(form.get(name) ?? "").trim()] as const);
    onShow(Object.fromEntries(given.filter(([, value]) => value !== "")));
  }

  return (
    <section className="panel" aria-label={texts.filters}>
      <details open={isOpen}>
        <summary>{filtersText(count)}</summary>
        <form className="stack audit-form" onSubmit={show}>
          <FilterFields filters={filters} errorsOf={(name) => problem?.of(name) ?? []} />
          <div className="row">
            <Action type="submit" look="primary">
              {texts.show}
            </Action>
            {count > 0 && <To href={address({})}>{texts.clear}</To>}
          </div>
        </form>
      </details>
      <Chosen filters={filters} address={address} />
    </section>
  );
}
