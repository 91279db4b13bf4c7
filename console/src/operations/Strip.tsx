import type { ReactNode } from "react";
import { To } from "../design/To.tsx";
import { count, duration, modelVerdict, type Reading, relayVerdict, type Verdict, worst } from "./judging.ts";
import { Trace } from "./Trace.tsx";
import { texts, waitForSomebody } from "./texts.ts";

interface Figure {
  label: string;
  href: string;
  /** Null where it is not known. */
  value: (reading: Reading) => number | null;
  verdict: Verdict;
}

/** The six numbers that say how the installation is doing, each with its last five minutes and a link to what is behind it. */
export function Strip({ reading, history }: { reading: Reading; history: readonly Reading[] }) {
  return (
    <ul className="plain figures" aria-label={texts.strip}>
      {figuresOf(reading).map((figure) => (
        <FigureItem key={figure.label} figure={figure} reading={reading} history={history} />
      ))}
    </ul>
  );
}

function FigureItem({ figure, reading, history }: { figure: Figure; reading: Reading; history: readonly Reading[] }) {
  const { label, href, value, verdict } = figure;
  const now = value(reading);
  const shown = now === null ? texts.noValue : count(now);
  return (
    <li className="panel figure">
      <Target href={href}>
        <span className="label">{label}</span>
        <span className="number">{shown}</span>
      </Target>
      <span className={`verdict tone-${verdict.tone}`}>{verdict.words}</span>
      <Trace label={`${label}: ${shown}`} values={history.map((each) => value(each) ?? 0)} />
    </li>
  );
}

/** Places of this page have no point in time of their own. */
export function Target({ href, children }: { href: string; children: ReactNode }) {
  return href.startsWith("#") ? <a href={href}>{children}</a> : <To href={href}>{children}</To>;
}

function figuresOf(reading: Reading): Figure[] {
  const model = worst(reading.read_models);
  return [
    {
      label: texts.log,
      href: "#path",
      value: ({ log }) => log.position,
      verdict: { words: `${count(reading.log.events_per_s ?? 0)} events a second`, tone: "neutral" },
    },
    {
      label: texts.relay,
      href: "#path",
      value: ({ relay }) => relay?.lag ?? null,
      verdict: relayVerdict(reading),
    },
    {
      label: texts.worst,
      href: model ? `/operations/read-models/${encodeURIComponent(model.name)}` : "#read-models",
      value: ({ read_models }) => worst(read_models)?.lag ?? null,
      verdict: model
        ? { ...modelVerdict(model), words: `${model.name}: ${modelVerdict(model).words}` }
        : { words: texts.noValue, tone: "neutral" },
    },
    ...deliveryFigures(reading),
  ];
}

function deliveryFigures(reading: Reading): Figure[] {
  const { oldest } = reading.deliveries;
  const dead = reading.dead_letters;
  return [
    {
      label: texts.waiting,
      href: "/operations/deliveries?status=waiting",
      value: ({ deliveries }) => deliveries.waiting ?? null,
      verdict: oldest
        ? { words: `the oldest for ${duration(oldest.age_s)}`, tone: "warning" }
        : { words: texts.nobodyWaits, tone: "success" },
    },
    {
      label: texts.notSent,
      href: "/operations/deliveries?status=not_sent",
      value: ({ deliveries }) => deliveries.not_sent ?? null,
      verdict: { words: texts.byControls, tone: "neutral" },
    },
    {
      label: texts.deadLetters,
      href: "/operations/dead-letters",
      value: ({ dead_letters }) => dead_letters?.dead ?? null,
      verdict:
        dead && dead.dead > 0
          ? { words: waitForSomebody(dead.dead), tone: "danger" }
          : { words: texts.none, tone: "success" },
    },
  ];
}
