import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  /** Where links within the page lead. */
  id?: string;
  children: ReactNode;
}

/** A part of a page whose data are those of the page. */
export function Section({ title, id, children }: Props) {
  const heading = useId();
  return (
    <section className="panel" id={id} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{title}</h2>
      </header>
      {children}
    </section>
  );
}
