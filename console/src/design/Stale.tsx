import { useMe } from "../api/session.ts";
import { timeText } from "../time/words.ts";
import { Action } from "./Action.tsx";
import { Notice } from "./Notice.tsx";

interface Props {
  /** Who made the version that there is now, and when; absent where that is not known. */
  change?: { actor: string; recorded_at: string };
  /** The labels of what was changed, as far as they are known. */
  fields?: readonly string[];
  onShow: () => void;
}

/** Says that what a form was filled from was changed meanwhile. It is not redrawn under the reader's hands. */
export function Stale({ change, fields = [], onShow }: Props) {
  const { time_zone } = useMe();
  const what = fields.length === 0 ? "this" : LIST.format(fields);
  const text = change ? `${change.actor} changed ${what} at ${timeText(change.recorded_at, time_zone)}.` : CHANGED;
  return (
    <Notice tone="accent">
      <div className="row">
        {text}
        <Action onClick={onShow}>Show</Action>
      </div>
    </Notice>
  );
}

const CHANGED = "This was changed meanwhile.";
const LIST = new Intl.ListFormat("en", { type: "conjunction" });
