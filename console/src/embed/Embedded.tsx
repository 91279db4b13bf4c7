import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { authorize } from "../api/client.ts";
import { meQuery } from "../api/session.ts";
import { sessionOver, useSignal } from "../api/signals.ts";
import { Boundary } from "../design/Boundary.tsx";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { showTheme } from "../shell/theme.ts";
import { speak } from "../time/words.ts";
import "./embed.css";
import { listen, tell } from "./host.ts";
import type { OpenMessage } from "./messages.ts";

const BEFORE_END_MS = 60_000;
const WAITING = "Waiting for the agent desktop…";

/** Shows an embedded part once the host has handed a token over, which stays in memory. */
export function Embedded({ children }: { children: (opened: OpenMessage) => ReactNode }) {
  const queries = useQueryClient();
  const [opened, setOpened] = useState<OpenMessage | null>(null);

  useEffect(() => {
    const end = listen((message) => {
      authorize(message.token);
      sessionOver.set(false);
      if (message.type === "open") {
        showTheme(message.theme ?? "system");
        if (message.locale !== undefined) speak(message.locale);
        setOpened(message);
      }
      void queries.invalidateQueries();
    });
    tell({ type: "ready" });
    return end;
  }, [queries]);

  return (
    <Sized>
      <Boundary>
        {opened === null ? <Notice role="status">{WAITING}</Notice> : <Part>{children(opened)}</Part>}
      </Boundary>
    </Sized>
  );
}

function Part({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery());
  useExpiry(me.data?.expires_at);
  return <Reading query={me}>{() => children}</Reading>;
}

/** Tells the host a minute before the token ends, and when it was refused. */
function useExpiry(expiresAt: string | undefined) {
  const refused = useSignal(sessionOver);
  useEffect(() => {
    if (refused) tell({ type: "expired" });
  }, [refused]);
  useEffect(() => {
    if (expiresAt === undefined) return;
    const timer = window.setTimeout(
      () => tell({ type: "expired" }),
      Date.parse(expiresAt) - Date.now() - BEFORE_END_MS,
    );
    return () => window.clearTimeout(timer);
  }, [expiresAt]);
}

/** Tells the host how high the part is. */
function Sized({ children }: { children: ReactNode }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) tell({ type: "resize", height: Math.ceil(entry.borderBoxSize[0]?.blockSize ?? 0) });
    });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return (
    <main ref={box} className="embedded">
      {children}
    </main>
  );
}
