/** What the numbers of operations mean, in words, and how their lines are drawn. Pure. */

import type { Schema } from "../api/types.ts";
import type { Tone } from "../design/Badge.tsx";
import { letters, STATUS, texts, waitForSomebody } from "./texts.ts";

export type Reading = Schema<"Operations">;
export type ReadModel = Schema<"ReadModelRead">;

/** A state in words, with the colour that goes with them. */
export interface Verdict {
  words: string;
  tone: Tone;
}

export interface Rate {
  perSecond: number;
  /** Null where nothing moves. */
  secondsLeft: number | null;
}

/** Lines are drawn in this box. */
export const LINE = { width: 120, height: 28 } as const;

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** Returns a number with the separators of the browser's language. */
export function count(number: number, locale?: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(number);
}

/** Returns a length of time in its largest unit: `3 s`, `5 min`, `2 h`, `4 days`. */
export function duration(seconds: number): string {
  if (seconds < MINUTE_S) return `${Math.round(seconds)} s`;
  if (seconds < HOUR_S) return `${Math.round(seconds / MINUTE_S)} min`;
  if (seconds < 2 * DAY_S) return `${Math.round(seconds / HOUR_S)} h`;
  return `${Math.round(seconds / DAY_S)} days`;
}

/** Returns what a lag means: `caught up`, or `behind 1,204, about 3 s`. */
export function lagVerdict(lag: number, seconds: number, locale?: string): Verdict {
  if (lag === 0) return { words: "caught up", tone: "success" };
  return { words: `behind ${count(lag, locale)}, about ${duration(seconds)}`, tone: "warning" };
}

/** Returns how a read model is doing: one that stands still says where. */
export function modelVerdict(model: ReadModel, locale?: string): Verdict {
  if (model.state === "stopped") return { words: `stopped at ${count(model.position, locale)}`, tone: "danger" };
  if (model.state === "outdated") return { words: "made by another version", tone: "danger" };
  if (model.state === "missing") return { words: "has no tables", tone: "danger" };
  if (model.state === "unattended" && model.lag > 0)
    return { words: `nobody works on it: behind ${count(model.lag, locale)}`, tone: "danger" };
  if (model.state === "unattended") return { words: "nobody works on it", tone: "warning" };
  return lagVerdict(model.lag, model.lag_s, locale);
}

/** Returns the read models with those first that need somebody, then by name. */
export function gravestFirst(models: readonly ReadModel[]): ReadModel[] {
  const gravity = (model: ReadModel) => (model.state === "stopped" ? 0 : model.state === "running" ? 2 : 1);
  return models.toSorted((one, other) => gravity(one) - gravity(other) || one.name.localeCompare(other.name));
}

/** Returns the read model that is in the worst state, the furthest behind of several. */
export function worst(models: readonly ReadModel[]): ReadModel | undefined {
  const grave = gravestFirst(models)[0];
  if (grave === undefined || grave.state === "stopped") return grave;
  return models.reduce((one, other) => (other.lag > one.lag ? other : one), grave);
}

/** Something that is wrong or waits for somebody, and the place where it is looked after, if this console has one. */
export interface Concern {
  what: string;
  why: string;
  todo: string;
  badge: Verdict;
  href: string | null;
}

const STATUS_TONE: Readonly<Record<Reading["status"], Tone>> = {
  ready: "success",
  degraded: "warning",
  unready: "danger",
};

/** Returns how the installation is doing, in a few words. Where all of it works, dead letters still wait for somebody. */
export function statusVerdict({ status, dead_letters }: Reading): Verdict {
  if (status === "ready" && (dead_letters?.dead ?? 0) > 0) return { words: texts.lettersWait, tone: "warning" };
  return { words: STATUS[status], tone: STATUS_TONE[status] };
}

/** Returns what is wrong, the gravest first, then the dead letters. */
export function concernsOf({ faults, dead_letters }: Reading): Concern[] {
  const dead = dead_letters?.dead ?? 0;
  const concerns = faults.map(({ what, why, todo, blocks }) => ({
    what,
    why,
    todo,
    badge: blocks
      ? ({ words: texts.blocks, tone: "danger" } as const)
      : ({ words: texts.delays, tone: "warning" } as const),
    href: placeOf(what),
  }));
  if (dead === 0) return concerns;
  const letter = {
    what: letters(dead),
    why: `${waitForSomebody(dead)}.`,
    todo: texts.deadTodo,
    badge: { words: texts.needsSomebody, tone: "danger" } as const,
    href: "/operations/dead-letters",
  };
  return [...concerns, letter];
}

function placeOf(what: string): string | null {
  const [, model] = /^read model (\S+)$/.exec(what) ?? [];
  if (model !== undefined) return `/operations/read-models/${encodeURIComponent(model)}`;
  if (what.startsWith("read model")) return "#read-models";
  if (what === "deliveries") return "/operations/deliveries?status=waiting";
  return /^(relay|forward|work|api)\b/.test(what) ? "#path" : null;
}

/** Returns what a lag of the relay means; one that is neither there nor expected has no broker. */
export function relayVerdict({ relay, processes }: Reading): Verdict {
  if (relay) return lagVerdict(relay.lag, relay.lag_s);
  const isExpected = processes.some(({ process }) => process === "relay");
  return { words: isExpected ? texts.noRelay : texts.noBroker, tone: "neutral" };
}

/** Returns how fast a read model is being rebuilt, from the readings of it; null where there are too few to tell. */
export function rebuildRate(readings: readonly Reading[], name: string): Rate | null {
  const steps = readings.flatMap(({ at, read_models }) => {
    const rebuild = read_models.find((model) => model.name === name)?.rebuild;
    return rebuild?.active ? [{ at: Date.parse(at), startedAt: rebuild.started_at, ...rebuild }] : [];
  });
  const last = steps.at(-1);
  const first = steps.find((step) => step.startedAt === last?.startedAt);
  if (first === undefined || last === undefined || last.at === first.at) return null;
  const perSecond = ((last.position - first.position) * 1_000) / (last.at - first.at);
  const left = (last.target ?? last.position) - last.position;
  return { perSecond, secondsLeft: perSecond > 0 ? left / perSecond : null };
}

/** Returns the points of a line through values, oldest first, as SVG writes them; the lowest is at the bottom. */
export function linePoints(values: readonly number[]): string {
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const step = LINE.width / Math.max(values.length - 1, 1);
  const y = (value: number) => LINE.height - 2 - ((value - least) / range) * (LINE.height - 4);
  return values.map((value, index) => `${(index * step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
}
