import { memo } from "react";
import { dayNumber, dayOf } from "../time/dates.ts";
import { type Label, labels, type Rectangle, type Rows, rectangles, ticks, type Window, xOf } from "./geometry.ts";
import "./hues.css";
import { hueOf } from "./hues.ts";
import { setHereText, shortText, spanText } from "./texts.ts";
import { type Recording, setHere, untilOf, type Version } from "./versions.ts";

/** A change that is being prepared: days that would have another profile. */
export interface Ghost {
  readonly from: number;
  readonly until: number;
  readonly profileClass: string | null;
}

interface Props {
  name: string;
  recordings: readonly Recording[];
  classes: readonly string[];
  rows: Rows;
  window: Window;
  width: number;
  today: number;
  ghosts: readonly Ghost[];
}

const PROPAGATED = "propagation";

/** The rectangles of all versions with their labels. It is not drawn again when the chosen point moves. */
export const Drawing = memo(function Drawing({ name, recordings, classes, rows, window, width, today, ghosts }: Props) {
  const height = rows.tops.at(-1) ?? 0;
  const nowTop = rows.tops.at(-2) ?? 0;
  const xToday = xOf(window, width, today);
  return (
    <>
      <svg role="img" aria-label={name} width={width} height={height} className="picture-drawing">
        <Patterns />
        {rectangles(recordings, rows, window, width).map((rectangle) => (
          <Painted key={rectangle.version.event_id} rectangle={rectangle} height={height} classes={classes} />
        ))}
        {ghosts.map(({ from, until, profileClass }) => (
          <rect
            key={from}
            className={`ghost hue-${hueOf(profileClass, classes).name}`}
            x={xOf(window, width, from) + 1}
            y={nowTop + 1}
            width={Math.max(2, xOf(window, width, until) - xOf(window, width, from) - 2)}
            height={height - nowTop - 2}
          />
        ))}
        {ticks(window, width).map(({ day, x }) => (
          <line key={day} className="tick" x1={x} x2={x} y1={0} y2={height} />
        ))}
        {xToday > 0 && xToday < width && <line className="today" x1={xToday} x2={xToday} y1={0} y2={height} />}
      </svg>
      {labels(recordings, rows, window, width).map((label) => (
        <VersionLabel key={label.version.event_id} label={label} classes={classes} />
      ))}
    </>
  );
});

function Patterns() {
  return (
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line x1="0" x2="0" y1="0" y2="6" className="hatch" />
      </pattern>
      <pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse">
        <circle cx="2" cy="2" r="1" className="dots" />
      </pattern>
    </defs>
  );
}

interface PaintedProps {
  rectangle: Rectangle;
  height: number;
  classes: readonly string[];
}

function Painted({ rectangle: { version, x, y, width }, height, classes }: PaintedProps) {
  const hue = hueOf(version.profile_class, classes);
  const box = { x, y, width, height: height - y };
  return (
    <>
      <rect className={`version hue-${hue.name}`} {...box} />
      {hue.name === "none" && <rect {...box} fill="url(#hatch)" />}
      {hue.isDotted && <rect {...box} fill="url(#dots)" />}
      {setHere(version) > 0 && <rect className="set-here" {...box} width={Math.min(5, width)} />}
    </>
  );
}

interface LabelProps {
  label: Label;
  classes: readonly string[];
}

function VersionLabel({ label: { version, x, y, width }, classes }: LabelProps) {
  const count = setHere(version);
  return (
    <span
      aria-hidden="true"
      className={`version-label hue-${hueOf(version.profile_class, classes).name}`}
      style={{ insetInlineStart: x + 7, insetBlockStart: y + 2, maxInlineSize: width - 12 }}
      title={tooltip(version)}
    >
      <b>
        {version.source === PROPAGATED && "↻ "}
        {shortText(version)}
        {count > 0 && ` ◆ ${count}`}
      </b>
      <span>{spanText({ from: dayNumber(version.effective_from), until: untilOf(version) })}</span>
    </span>
  );
}

function tooltip(version: Version): string {
  const count = setHere(version);
  const parts = [shortText(version), `${version.actor}, ${version.source}`, version.reason ?? ""];
  return [...parts, count > 0 ? setHereText(count) : ""].filter(Boolean).join("\n");
}

/** The months and years under the picture. */
export const Axis = memo(function Axis({ window, width }: { window: Window; width: number }) {
  return (
    <div className="axis" aria-hidden="true">
      {ticks(window, width)
        .filter(({ x }) => x < width - 30)
        .map(({ day, x, isYear }) => (
          <span key={day} style={{ insetInlineStart: x }} className={isYear ? "year" : undefined}>
            {isYear ? dayOf(day).slice(0, 4) : month(day)}
          </span>
        ))}
    </div>
  );
});

function month(day: number): string {
  return new Intl.DateTimeFormat(undefined, { month: "short", timeZone: "UTC" }).format(new Date(dayOf(day)));
}
