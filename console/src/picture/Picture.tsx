import { type PointerEvent, type ReactNode, useMemo, useState } from "react";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { dayNumber, dayOf } from "../time/dates.ts";
import { dayText } from "../time/words.ts";
import { AsTable } from "./AsTable.tsx";
import { Axis, Drawing, type Ghost } from "./Drawing.tsx";
import { dayAt, MOST_ROWS, type Rows, recordingOf, rowAt, rowOf, rowsOf, type Window, xOf } from "./geometry.ts";
import { PointFields } from "./PointFields.tsx";
import "./picture.css";
import { Readout } from "./Readout.tsx";
import { RowLabels } from "./RowLabels.tsx";
import { DaySlider, RecordingSlider } from "./Sliders.tsx";
import { classText, drawingText, readoutText, texts } from "./texts.ts";
import type { Choose, Chosen } from "./useChosen.ts";
import type { PictureWindow } from "./usePictureWindow.ts";
import { useWidth } from "./useWidth.ts";
import { boundariesOf, inForce, type Recording, spanAround, versionAt } from "./versions.ts";
import { Zoom } from "./Zoom.tsx";

interface Props {
  name: string;
  recordings: readonly Recording[];
  /** The names of all classes, in the order of their colours. */
  classes: readonly string[];
  days: PictureWindow;
  chosen: Chosen;
  knownAt: string | null;
  onChoose: Choose;
  ghosts?: readonly Ghost[];
  /** The version that the reader has just recorded; its row stands out for a moment. */
  fresh?: number;
  /** Stands under the rows: recordings that are not drawn yet. */
  newer?: ReactNode;
}

const NO_GHOSTS: readonly Ghost[] = [];
const NARROW = "(max-width: 30rem)";

/** A timeline: what was in force on which day, and since when that was known; with the point that is chosen in it. */
export function Picture({ ghosts = NO_GHOSTS, newer, ...props }: Props) {
  const { name, recordings, chosen, knownAt, onChoose, days } = props;
  const { time_zone } = useMe();
  const [isTable, setTable] = useState(() => window.matchMedia(NARROW).matches);
  const [isToScale, setToScale] = useState(false);
  const [more, setMore] = useState(MOST_ROWS);
  const shown = chosen.stop < 0 ? more : Math.max(more, recordings.length - chosen.stop);
  const rows = useMemo(() => rowsOf(recordings, shown, isToScale), [recordings, shown, isToScale]);
  const known = inForce(recordings, chosen.stop);
  const text = readoutText(chosen.day, knownAt, spanAround(known, chosen.day), time_zone, chosen.stop < 0);
  return (
    <div className="stack">
      <div className="row spread">
        <Zoom window={days.window} day={chosen.day} zoomed={days.zoomed} onZoom={days.zoom} />
        <div className="row">
          {rows.earlier > 0 && (
            <Action look="quiet" onClick={() => setMore(shown + MOST_ROWS)}>
              {texts.more}
            </Action>
          )}
          <Action look="quiet" aria-pressed={isToScale} onClick={() => setToScale(!isToScale)}>
            {texts.toScale}
          </Action>
          <Action look="quiet" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            {texts.asTable}
          </Action>
        </div>
      </div>
      {!isTable && <Frame {...props} rows={rows} ghosts={ghosts} name={name} />}
      {newer}
      <PointFields chosen={chosen} onChoose={onChoose} recordings={recordings} />
      <Readout text={text} />
      {isTable && (
        <AsTable recordings={recordings} stop={chosen.stop} onStop={(stop) => onChoose({ ...chosen, stop })} />
      )}
    </div>
  );
}

type FrameProps = Omit<Props, "newer" | "ghosts"> & { rows: Rows; ghosts: readonly Ghost[] };

function Frame({ name, recordings, classes, days, chosen, onChoose, rows, ghosts, fresh }: FrameProps) {
  const today = dayNumber(useMe().today);
  const [ref, width] = useWidth<HTMLDivElement>();
  const versions = recordings.flatMap((recording) => recording.versions);
  const boundaries = boundariesOf(versions);
  const reach = { whole: days.whole, boundaries, today, now: recordings.length };
  const known = chosen.stop < 0 ? texts.notYet : classText(versionAt(recordings, chosen.stop, chosen.day));
  const text = `${dayText(dayOf(chosen.day))}: ${known}`;
  const slider = { chosen, onChoose, reach, text };
  const height = rows.tops.at(-1) ?? 0;

  function point(event: PointerEvent<HTMLDivElement>, isHeld: boolean) {
    const box = event.currentTarget.getBoundingClientRect();
    const day = dayAt(days.window, box.width, event.clientX - box.left);
    const row = rowAt(rows, event.clientY - box.top);
    onChoose({ day, stop: recordingOf(rows, row) }, isHeld);
  }

  return (
    <div className="picture">
      <RowLabels rows={rows} recordings={recordings} stop={chosen.stop} fresh={fresh} />
      <div className="recording-track">
        <RecordingSlider {...slider} rows={rows} />
      </div>
      <div
        ref={ref}
        className="picture-area"
        style={{ blockSize: height }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          point(event, true);
        }}
        onPointerMove={(event) => event.buttons > 0 && point(event, true)}
        onPointerUp={(event) => point(event, false)}
      >
        {width > 0 && (
          <>
            <Drawing
              name={drawingText(name, versions.length, recordings.length)}
              {...{ recordings, classes, rows, width, today, ghosts }}
              window={days.window}
            />
            <PointLines window={days.window} {...{ recordings, width, rows, chosen }} />
          </>
        )}
      </div>
      <div className="day-track">
        <Axis window={days.window} width={width} />
        <DaySlider {...slider} window={days.window} width={width} />
      </div>
    </div>
  );
}

interface LinesProps {
  recordings: readonly Recording[];
  window: Window;
  width: number;
  rows: Rows;
  chosen: Chosen;
}

/** The two lines that cross at the point, a frame around the version there, and a veil over what was not known yet. */
function PointLines({ recordings, window, width, rows, chosen }: LinesProps) {
  const x = xOf(window, width, chosen.day + 0.5);
  const y = chosen.stop < 0 ? 0 : (rows.tops[rowOf(rows, chosen.stop) + 1] ?? 0);
  const span = spanAround(inForce(recordings, chosen.stop), chosen.day);
  const left = span === null ? 0 : xOf(window, width, span.from);
  const index = recordings.findIndex(({ versions }) => span !== null && versions.includes(span.version));
  const top = rows.tops[rowOf(rows, index)] ?? 0;
  const frame = span !== null && { left, top, width: xOf(window, width, span.until) - left, height: y - top };
  return (
    <div aria-hidden="true">
      {frame && <div className="chosen-version" style={frame} />}
      <div className="not-known" style={{ insetBlockStart: y }} />
      <div className="line-day" style={{ insetInlineStart: x }} />
      <div className="line-known" style={{ insetBlockStart: y }} />
    </div>
  );
}
