import { useMe } from "../api/session.ts";
import { DateField } from "../design/DateField.tsx";
import { type Dates, isBackDated } from "./effectiveDates.ts";
import { drawerTexts as texts } from "./texts.ts";
import type { Impact } from "./useImpact.ts";
import { WhatWouldChange } from "./WhatWouldChange.tsx";

interface Props {
  dates: Dates;
  onChange: (dates: Dates) => void;
  /** What the API says of a value, by its path. */
  errorsOf: (name: string) => readonly string[];
  impact: Impact;
  /** What the fields have before their paths, where another form on the page has fields of the same name. */
  prefix?: string;
}

/** The days of a change, for whoever wants others than from today on; of a back-dated one also what it would change. */
export function EffectiveDates({ dates, onChange, errorsOf, impact, prefix = "" }: Props) {
  const { today } = useMe();
  return (
    <>
      <details>
        <summary>{texts.dates}</summary>
        <div className="stack">
          <DateField
            label={texts.from}
            name={`${prefix}effective_from`}
            hint={texts.fromHint}
            errors={errorsOf("effective_from")}
            value={dates.from}
            onChange={(from) => onChange({ ...dates, from })}
            today={today}
          />
          <DateField
            label={texts.to}
            name={`${prefix}effective_to`}
            hint={texts.toHint}
            errors={errorsOf("effective_to")}
            value={dates.to}
            onChange={(to) => onChange({ ...dates, to })}
            today={today}
          />
        </div>
      </details>
      {isBackDated(dates, today) && <WhatWouldChange impact={impact} />}
    </>
  );
}
