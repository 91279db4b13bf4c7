import { useId } from "react";

interface Props {
  label: string;
  done: number;
  /** Null while it is not known. */
  total: number | null;
  /** What is said of it in words: `961 of 1,204 rows`. */
  text: string;
}

/** How far something has come. */
export function Meter({ label, done, total, text }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <progress id={id} value={total === null ? undefined : done} max={total ?? undefined} aria-valuetext={text} />
      <span className="hint">{text}</span>
    </div>
  );
}
