import type { FormEvent } from "react";
import { useLocation, useSearch } from "wouter";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { SOURCES as SOURCE_TEXTS } from "../history/texts.ts";
import { usePoint } from "../time/usePoint.ts";
import { DAYS, type Filters, SOURCES, withFilters } from "./historyFilters.ts";
import { DAY_TEXTS, pageTexts as texts } from "./texts.ts";
import type { useNames } from "./useNames.ts";

/** A file that spreadsheets read as it is, in the order of the page. */
const FILE = { format: "csv", bom: "true", order: "newest" };

interface Props {
  number: string;
  filters: Filters;
  names: ReturnType<typeof useNames>;
}

/** What the history is narrowed down to; all of it must be met. */
export function HistoryFilters({ number, filters, names }: Props) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const { knownAt } = usePoint();
  const asked = new URLSearchParams(withFilters("", Object.fromEntries(Object.entries(filters).map(asText))));
  for (const [name, value] of Object.entries(FILE)) asked.set(name, value);
  if (knownAt !== null) asked.set("known_at", knownAt);

  function show(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]);
    navigate(`${path}?${withFilters(search, Object.fromEntries(given))}`);
  }

  return (
    <search aria-label={texts.filters}>
      <form className="filter filter-form" onSubmit={show}>
        <Field label={texts.about}>
          {(input) => (
            <select key={names.paths.length} {...input} name="field" defaultValue={filters.field ?? ""}>
              <option value="">{texts.everything}</option>
              {names.paths.map((each) => (
                <option key={each} value={each}>
                  {names.label(each)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={texts.by}>
          {(input) => <input {...input} name="actor" defaultValue={filters.actor ?? ""} />}
        </Field>
        <Field label={texts.reasonWords}>
          {(input) => <input {...input} name="reason" defaultValue={filters.reason ?? ""} />}
        </Field>
        <label className="row">
          <input type="checkbox" name="back_dated" value="true" defaultChecked={filters.back_dated} />
          {texts.onlyBackDated}
        </label>
        <details open={[...DAYS, "source" as const].some((name) => filters[name] !== undefined)}>
          <summary>{texts.moreFilters}</summary>
          <div className="filter">
            <Field label={texts.from}>
              {(input) => (
                <select {...input} name="source" defaultValue={filters.source ?? ""}>
                  <option value="">{texts.anywhere}</option>
                  {SOURCES.map((each) => (
                    <option key={each} value={each}>
                      {SOURCE_TEXTS[each]}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {DAYS.map((name) => (
              <Field key={name} label={DAY_TEXTS[name]}>
                {(input) => <input {...input} type="date" name={name} defaultValue={filters[name] ?? ""} />}
              </Field>
            ))}
          </div>
        </details>
        <Action type="submit" look="primary">
          {texts.showEvents}
        </Action>
        <a href={`/v1/customers/${encodeURIComponent(number)}/history?${asked}`} download>
          {texts.csv}
        </a>
      </form>
    </search>
  );
}

function asText([name, value]: [string, unknown]): [string, string] {
  return [name, String(value)];
}
