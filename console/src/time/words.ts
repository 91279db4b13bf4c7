/** How dates are written: the month always as a word, in the language of the browser. */

import { dayNumber, microseconds } from "./dates.ts";

export const OPEN = "open";
const ALWAYS = "always";
/** The day from which on there is what was never set. */
const FIRST_DAY = "0001-01-01";

/** In force on the day, before it, or after it. */
export type Standing = "past" | "in force" | "planned";

let spoken: string | undefined;

/** Writes dates in this language from now on, instead of that of the browser; a text that names none changes nothing. */
export function speak(locale: string): void {
  try {
    [spoken] = Intl.getCanonicalLocales(locale);
  } catch {
    return;
  }
}

function days(locale = spoken): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

function date(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

/** Returns a day as `20 Jun 2026`. */
export function dayText(day: string, locale?: string): string {
  return days(locale).format(date(day));
}

/** Returns a range of days as `1 Mar – 15 Jul 2026`; an end that is null is open, and the first day of all is no beginning. */
export function rangeText(from: string, to: string | null, locale?: string): string {
  if (from === FIRST_DAY) return to === null ? ALWAYS : `until ${dayText(to, locale)}`;
  if (to === null) return `${dayText(from, locale)} – ${OPEN}`;
  return days(locale).formatRange(date(from), date(to)).replaceAll("\u2009", " ");
}

/** Digits of a second's fraction. */
const FRACTIONS = [1, 2, 3, 4, 5, 6] as const;

/** How much of the time of day is written: to the minute, to the second, or with so many digits of its fraction. */
export type Precision = "minutes" | "seconds" | (typeof FRACTIONS)[number];

export const WHOLE: Precision = 6;

/** Returns an instant in a time zone as `27 Nov 2026, 03:31`. */
export function instantText(instant: string, zone: string, precision: Precision = "minutes", locale = spoken): string {
  const time = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: precision === "minutes" ? undefined : "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).format(new Date(instant));
  return typeof precision === "number" ? `${time}.${fraction(instant).slice(0, precision)}` : time;
}

/** Returns the time of day of an instant in a time zone, as `03:31`. */
export function timeText(instant: string | number, zone: string, locale = spoken): string {
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).format(new Date(instant));
}

/** Returns the time of day of an instant in a time zone, to the second, as `03:31:07`. */
export function secondText(instant: string | number, zone: string, locale = spoken): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium", hourCycle: "h23", timeZone: zone }).format(
    new Date(instant),
  );
}

/** Returns the least precision that tells instants apart, in whatever order they are. Those of one commit are the same instant. */
export function precisionOf(instants: readonly string[]): Precision {
  const different = [...new Set(instants.map(microseconds))];
  const tellsApart = (unit: number) =>
    new Set(different.map((each) => Math.floor(each / unit))).size === different.length;
  if (tellsApart(60_000_000)) return "minutes";
  if (tellsApart(1_000_000)) return "seconds";
  return FRACTIONS.find((digits) => tellsApart(10 ** (6 - digits))) ?? WHOLE;
}

function fraction(instant: string): string {
  return (/\.(\d+)/.exec(instant)?.[1] ?? "").padEnd(6, "0");
}

/** Returns which of the three words a range of days has on a day. */
export function standing(from: string, to: string | null, today: string): Standing {
  if (dayNumber(from) > dayNumber(today)) return "planned";
  return to !== null && dayNumber(to) < dayNumber(today) ? "past" : "in force";
}

/** Returns a point in time in words: `20 June 2026, as known on 27 November 2026 at 03:31`. */
export function pointText(validAt: string, knownAt: string | null, zone: string, locale?: string): string {
  const valid = longDays("UTC", locale).format(date(validAt));
  if (knownAt === null) return `${valid}, as known now`;
  return `${valid}, as known on ${momentText(knownAt, zone, locale)}`;
}

/** Returns an instant in a time zone as part of a sentence: `27 November 2026 at 03:31`. */
export function momentText(instant: string, zone: string, locale?: string): string {
  return `${longDays(zone, locale).format(new Date(instant))} at ${timeText(instant, zone, locale)}`;
}

function longDays(timeZone: string, locale = spoken): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone });
}
