import { useEffect, useRef } from "react";
import { announce } from "../design/announce.ts";
import { texts } from "./texts.ts";

const REST_MS = 500;

/** What is in force at the point, and who recorded it. It is announced once the point rests. */
export function Readout({ text }: { text: string }) {
  const first = useRef(text);
  useEffect(() => {
    if (text === first.current) return;
    first.current = "";
    const timer = window.setTimeout(() => announce(text), REST_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <section className="readout" aria-label={texts.readout}>
      <p>{text}</p>
    </section>
  );
}
