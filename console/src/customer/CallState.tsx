import { useEffect, useRef, useState } from "react";
import type { Interaction } from "../api/currentCall.ts";
import { announce } from "../design/announce.ts";
import { Badge, type Tone } from "../design/Badge.tsx";
import { elapsed } from "../time/dates.ts";
import { widgetTexts as texts } from "./texts.ts";

const SECOND_MS = 1_000;

interface Shown {
  words: string;
  tone: Tone;
  since: string | null;
}

/** The state of the agent's call with this customer, and how long it has lasted (rule 3.4). A change is announced. */
export function CallState({ call }: { call: Interaction | null }) {
  const { words, tone, since } = shown(call);
  const before = useRef(words);
  useEffect(() => {
    if (before.current !== words) announce(words);
    before.current = words;
  }, [words]);
  return (
    <Badge tone={tone}>
      {words}
      {since !== null && <Running since={since} />}
    </Badge>
  );
}

function shown(interaction: Interaction | null): Shown {
  if (interaction === null) return { words: texts.noCall, tone: "neutral", since: null };
  if (interaction.state === "on_call") return { words: texts.onCall, tone: "success", since: interaction.started_at };
  return { words: texts.wrapUp, tone: "warning", since: interaction.ended_at };
}

function Running({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => window.clearInterval(timer);
  }, []);
  return <span role="timer">{elapsed(now - Date.parse(since))}</span>;
}
