import type { ProblemError } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { DateField } from "../design/DateField.tsx";
import { texts } from "./texts.ts";

/** On which days a value holds; an empty end is open. */
export interface Range {
  from: string;
  to: string;
  keepLater: boolean;
}

interface Props {
  range: Range;
  onChange: (range: Range) => void;
  problem: ProblemError | null;
}

/** The days on which a value holds, and what becomes of later ones. */
export function RangeFields({ range, onChange, problem }: Props) {
  const { today } = useMe();
  return (
    <>
      <DateField
        label={texts.from}
        name="effective_from"
        errors={problem?.of("effective_from")}
        value={range.from}
        today={today}
        onChange={(from) => onChange({ ...range, from })}
      />
      <DateField
        label={texts.to}
        name="effective_to"
        hint={texts.toHint}
        errors={problem?.of("effective_to")}
        value={range.to}
        today={today}
        onChange={(to) => onChange({ ...range, to })}
      />
      <div className="stack-tight">
        <label className="row">
          <input
            type="checkbox"
            checked={range.keepLater}
            onChange={(event) => onChange({ ...range, keepLater: event.target.checked })}
          />
          {texts.keepLater}
        </label>
        <p className="hint">{texts.keepLaterHint}</p>
      </div>
    </>
  );
}
