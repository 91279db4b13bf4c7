import { useMe } from "../api/session.ts";
import { instantText, precisionOf } from "../time/words.ts";
import { labelledRows, type Rows, recordingOf, rowOf } from "./geometry.ts";
import { earlierText, texts } from "./texts.ts";
import type { Recording } from "./versions.ts";

interface Props {
  rows: Rows;
  recordings: readonly Recording[];
  stop: number;
  fresh: number | undefined;
}

/** When, by whom and why each row was recorded; the table says the same to those who do not see it. */
export function RowLabels({ rows, recordings, stop, fresh }: Props) {
  const { time_zone } = useMe();
  const precision = precisionOf(recordings.map(({ at }) => at));
  const chosen = stop < 0 ? null : rowOf(rows, stop);
  return (
    <div className="row-labels" aria-hidden="true">
      {labelledRows(rows, chosen ?? 0).map((row) => {
        const recording = recordings[recordingOf(rows, row)];
        const isEarlier = row === 0 && rows.earlier > 0;
        const isFresh = recording?.versions.some(({ version }) => version === fresh);
        const words = recording === undefined || isEarlier ? "" : whoAndWhy(recording);
        const when = recording === undefined ? texts.now : instantText(recording.at, time_zone, precision);
        return (
          <div
            key={row}
            className={`${row === chosen ? "chosen" : ""} ${isFresh ? "stands-out" : ""}`}
            style={{ insetBlockStart: rows.tops[row] }}
            title={`${recording?.at ?? when} ${words}`}
          >
            {isEarlier ? earlierText(rows.earlier) : when}
            <span className="muted"> {words}</span>
          </div>
        );
      })}
    </div>
  );
}

function whoAndWhy({ versions: [version] }: Recording): string {
  if (version === undefined) return "";
  return version.reason === null ? version.actor : `${version.actor}: ${version.reason}`;
}
