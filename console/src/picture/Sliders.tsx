import type { CSSProperties, KeyboardEvent } from "react";
import { dayOf } from "../time/dates.ts";
import type { Rows, Window } from "./geometry.ts";
import { recordingOf, rowOf } from "./geometry.ts";
import { dayKey, type Reach, recordingKey } from "./keys.ts";
import { texts } from "./texts.ts";
import type { Choose, Chosen } from "./useChosen.ts";

interface Props {
  chosen: Chosen;
  onChoose: Choose;
  reach: Reach;
  /** What is at the point, in words. */
  text: string;
}

function onKeys(move: typeof dayKey, { chosen, reach, onChoose }: Props) {
  return (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = move(event.key, chosen, reach);
    if (next === null) return;
    event.preventDefault();
    onChoose(next);
  };
}

const THUMB = 16;

/** The slider along the days; its thumb stands in the middle of the chosen one. */
export function DaySlider({ window, width, ...props }: Props & { window: Window; width: number }) {
  const { chosen, onChoose, text } = props;
  const dayWidth = width / (window.until - window.from);
  const style: CSSProperties = { marginLeft: (dayWidth - THUMB) / 2, width: width - dayWidth + THUMB };
  return (
    <input
      type="range"
      className="day-slider"
      style={style}
      aria-label={texts.validAt}
      aria-valuetext={text}
      title={dayOf(chosen.day)}
      min={window.from}
      max={window.until - 1}
      value={chosen.day}
      onChange={(event) => onChoose({ ...chosen, day: Number(event.target.value) })}
      onKeyDown={onKeys(dayKey, props)}
    />
  );
}

/** The slider along the recordings; its last stop is now. */
export function RecordingSlider({ rows, ...props }: Props & { rows: Rows }) {
  const { chosen, onChoose, text } = props;
  const count = rows.tops.length - 1;
  const height = rows.tops.at(-1) ?? 0;
  const rowHeight = height - (rows.tops.at(-2) ?? 0);
  // Before the first recording the thumb stands above all rows.
  const first = chosen.stop < 0 ? -1 : 0;
  const above = first < 0 ? 0 : rowHeight;
  const style: CSSProperties = { top: above - THUMB / 2, height: height - above + THUMB };
  return (
    <input
      type="range"
      className="recording-slider"
      style={style}
      aria-label={texts.knownAt}
      aria-valuetext={text}
      aria-orientation="vertical"
      min={first}
      max={count - 1}
      value={first < 0 ? first : rowOf(rows, chosen.stop)}
      onChange={(event) => onChoose({ ...chosen, stop: recordingOf(rows, Number(event.target.value)) })}
      onKeyDown={onKeys(recordingKey, props)}
    />
  );
}
