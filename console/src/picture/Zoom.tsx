import { Action } from "../design/Action.tsx";
import { type Window, windowAround } from "./geometry.ts";
import { texts } from "./texts.ts";

interface Props {
  window: Window;
  day: number;
  /** Null: all days. */
  zoomed: Window | null;
  onZoom: (window: Window | null) => void;
}

const SPANS = [
  [texts.threeYears, 1_096],
  [texts.oneYear, 365],
  [texts.days90, 90],
] as const;
const FEWEST = 14;

/** How many days the picture shows; the chosen one stays in the middle. */
export function Zoom({ window, day, zoomed, onZoom }: Props) {
  const length = window.until - window.from;
  const to = (days: number) => onZoom(windowAround(day, Math.max(FEWEST, Math.round(days))));
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no part of a form
    <div className="row" role="group" aria-label={texts.zoom}>
      <Action look="quiet" aria-pressed={zoomed === null} onClick={() => onZoom(null)}>
        {texts.all}
      </Action>
      {SPANS.map(([label, days]) => (
        <Action key={days} look="quiet" aria-pressed={zoomed !== null && length === days} onClick={() => to(days)}>
          {label}
        </Action>
      ))}
      <Action look="quiet" aria-label={texts.zoomIn} onClick={() => to(length / 2)}>
        +
      </Action>
      <Action look="quiet" aria-label={texts.zoomOut} onClick={() => to(length * 2)}>
        −
      </Action>
    </div>
  );
}
