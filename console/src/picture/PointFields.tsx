import { useMe } from "../api/session.ts";
import { Field } from "../design/Field.tsx";
import { dayNumber, dayOf } from "../time/dates.ts";
import { instantText, precisionOf } from "../time/words.ts";
import { texts } from "./texts.ts";
import type { Choose, Chosen } from "./useChosen.ts";
import type { Recording } from "./versions.ts";

interface Props {
  chosen: Chosen;
  onChoose: Choose;
  recordings: readonly Recording[];
}

/** The two values of the point for people who know them. */
export function PointFields({ chosen, onChoose, recordings }: Props) {
  const { time_zone } = useMe();
  const precision = precisionOf(recordings.map(({ at }) => at));
  return (
    <div className="row">
      <Field label={texts.day}>
        {(input) => (
          <input
            {...input}
            type="date"
            required
            value={dayOf(chosen.day)}
            onChange={(event) => event.target.value && onChoose({ ...chosen, day: dayNumber(event.target.value) })}
          />
        )}
      </Field>
      <Field label={texts.recording}>
        {(input) => (
          <select
            {...input}
            value={chosen.stop}
            onChange={(event) => onChoose({ ...chosen, stop: Number(event.target.value) })}
          >
            {chosen.stop < 0 && <option value={-1}>{texts.beforeFirst}</option>}
            {recordings.map(({ at, versions }, index) => (
              <option key={at} value={index}>
                {`${instantText(at, time_zone, precision)}, ${versions[0]?.actor}`}
              </option>
            ))}
            <option value={recordings.length}>{texts.now}</option>
          </select>
        )}
      </Field>
    </div>
  );
}
