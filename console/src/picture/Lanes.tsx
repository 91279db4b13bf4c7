import { useState } from "react";
import { Action } from "../design/Action.tsx";
import { To } from "../design/To.tsx";
import { type Window, xOf } from "./geometry.ts";
import "./hues.css";
import { hueOf } from "./hues.ts";
import { classText, shortText, showAll, spanText } from "./texts.ts";
import { useWidth } from "./useWidth.ts";
import { inForce, recordingAt, recordingsOf, type Span, spanAround, type Version } from "./versions.ts";

/** A profile that is drawn as one lane. */
export interface Lane {
  name: string;
  href: string;
  versions: readonly Version[];
  /** What applies where it has no profile. */
  otherwise: string;
}

interface Props {
  lanes: readonly Lane[];
  classes: readonly string[];
  window: Window;
  day: number;
  knownAt: string | null;
}

const FEW = 6;
const LABEL_WIDTH = 64;
/** What the words for a lane without a profile need. */
const OTHERWISE_WIDTH = 110;

/** Profiles below each other, on the dates of the picture, as known at its point. */
export function Lanes({ lanes, classes, window, day, knownAt }: Props) {
  const [isAll, setAll] = useState(false);
  const [ref, width] = useWidth<HTMLDivElement>();
  const shown = isAll ? lanes : lanes.slice(0, FEW);
  return (
    <div className="stack-tight">
      <ul className="plain lanes">
        {shown.map((lane) => {
          const recordings = recordingsOf(lane.versions);
          const spans = inForce(recordings, recordingAt(recordings, knownAt));
          const at = spanAround(spans, day)?.version ?? null;
          const words = at?.profile_class == null ? lane.otherwise : classText(at);
          return (
            <li key={lane.href} className="lane">
              <To href={lane.href}>{lane.name}</To>
              <span className="unseen">: {words}</span>
              <Strip spans={spans} classes={classes} window={window} width={width} otherwise={lane.otherwise} />
            </li>
          );
        })}
      </ul>
      <div className="lane ruler" aria-hidden="true">
        <span />
        <div ref={ref} />
      </div>
      {lanes.length > shown.length && (
        <div>
          <Action onClick={() => setAll(true)}>{showAll(lanes.length)}</Action>
        </div>
      )}
    </div>
  );
}

interface StripProps {
  spans: readonly Span[];
  classes: readonly string[];
  window: Window;
  width: number;
  otherwise: string;
}

function Strip({ spans, classes, window, width, otherwise }: StripProps) {
  const own = spans.filter(({ version }) => version.profile_class !== null);
  const free = Math.min(width, ...own.map((span) => xOf(window, width, span.from)));
  return (
    <div className="lane-strip" aria-hidden="true">
      {free >= OTHERWISE_WIDTH && <span className="otherwise">{otherwise}</span>}
      {own.map((span) => {
        const x = xOf(window, width, span.from);
        const room = xOf(window, width, span.until) - x;
        if (room <= 0) return null;
        return (
          <span
            key={span.from}
            className={`lane-span hue-${hueOf(span.version.profile_class, classes).name}`}
            style={{ insetInlineStart: x, inlineSize: room }}
            title={`${shortText(span.version)}, ${spanText(span)}`}
          >
            {room >= LABEL_WIDTH && shortText(span.version)}
          </span>
        );
      })}
    </div>
  );
}
