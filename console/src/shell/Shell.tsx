import type { ReactNode } from "react";
import { LeavingGuard } from "../design/AskBeforeLeaving.tsx";
import { Boundary } from "../design/Boundary.tsx";
import { Bar } from "./Bar.tsx";
import { ConnectionBar } from "./ConnectionBar.tsx";
import { Foot } from "./Foot.tsx";
import { PointBar } from "./PointBar.tsx";
import { Sections } from "./Sections.tsx";
import { SessionOver } from "./SessionOver.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import "./shell.css";
import { texts } from "./texts.ts";

/** What surrounds every page. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <>
      <a className="skip" href="#content">
        {texts.skip}
      </a>
      <Bar />
      <Sections />
      <PointBar />
      <ConnectionBar />
      <main id="content" tabIndex={-1}>
        <Boundary>{children}</Boundary>
      </main>
      <Foot />
      <Shortcuts />
      <LeavingGuard />
      <SessionOver />
    </>
  );
}
