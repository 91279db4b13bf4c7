import { type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { texts } from "./texts.ts";
import { hasGoneOn } from "./useRawLocation.ts";

interface Props {
  title: string;
  /** What the browser's tab says, where that is more than the title. */
  tabTitle?: string;
  /** Stands beside the title. */
  aside?: ReactNode;
  children: ReactNode;
}

let isFirst = true;

/** Returns whether the tab opens with this page: no other one was here, nor was one waited for until somebody went on. */
function isOpening(): boolean {
  return isFirst && !hasGoneOn();
}

/** The frame of every page. When it opens after another one, the focus goes to its heading, which screen readers then say. */
export function Page({ title, tabTitle = title, aside, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const hasFocus = useRef(false);

  useEffect(() => {
    document.title = `${tabTitle} · ${texts.name}`;
  }, [tabTitle]);

  // Before the page can be used: whoever goes on to a field at once stays there.
  useLayoutEffect(() => {
    if (!isOpening()) heading.current?.focus();
    hasFocus.current = document.activeElement === heading.current;
  }, []);

  useEffect(() => {
    // The dialog that led here was still in front of it.
    if (!isOpening() && !hasFocus.current) heading.current?.focus();
    isFirst = false;
  }, []);

  return (
    <div className="page stack">
      <div className="row">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {aside}
      </div>
      {children}
    </div>
  );
}

/** Moves the focus to the heading of the page, when what had it has gone. */
export function focusHeading(): void {
  document.querySelector("h1")?.focus();
}
