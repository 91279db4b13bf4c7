import { LINE, linePoints } from "./judging.ts";

/** The line of a number over the last five minutes. */
export function Trace({ label, values }: { label: string; values: readonly number[] }) {
  return (
    <svg
      className="trace"
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
      viewBox={`0 0 ${LINE.width} ${LINE.height}`}
    >
      <polyline points={linePoints(values)} />
    </svg>
  );
}
