import { useMe } from "../api/session.ts";
import { timeText } from "../time/words.ts";
import type { Undecided } from "./edits.ts";
import { changedMeanwhile, widgetTexts as texts } from "./texts.ts";

interface Props {
  conflict: Undecided;
  onPick: (picked: "theirs" | "yours") => void;
}

/** Both values of a field that somebody else changed meanwhile; theirs first, none chosen (rule 3.7). */
export function FieldConflict({ conflict, onPick }: Props) {
  const { time_zone } = useMe();
  const answers = [
    ["theirs", `${conflict.theirs ?? texts.empty}, ${conflict.by}`],
    ["yours", `${conflict.yours ?? texts.empty}, ${texts.yours}`],
  ] as const;
  return (
    <fieldset className="choice">
      <legend>{changedMeanwhile(conflict.label, conflict.by, timeText(conflict.at, time_zone))}</legend>
      {answers.map(([picked, text]) => (
        <label key={picked}>
          <input
            type="radio"
            name={`conflict-${conflict.field}`}
            checked={conflict.picked === picked}
            onChange={() => onPick(picked)}
          />{" "}
          {text}
        </label>
      ))}
    </fieldset>
  );
}
