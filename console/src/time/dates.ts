/** The only date arithmetic. A day is its ISO text, `2026-06-20`; an instant is the text that the API gives, in UTC. */

const DAY_MS = 86_400_000;

/** Returns the number of days since 1970-01-01. */
export function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

/** Returns the day of a number of days since 1970-01-01. */
export function dayOf(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

/** Returns the day that comes this many days later, or earlier where it is negative. */
export function addDays(day: string, days: number): string {
  return dayOf(dayNumber(day) + days);
}

/** Returns the first day of the month after that of the day. */
export function firstOfNextMonth(day: string): string {
  const [year, month] = day.split("-").map(Number) as [number, number, number];
  return dayOf(Date.UTC(year, month, 1) / DAY_MS);
}

/** Returns the day so many months later, or earlier; where the month has no such day, its last one. */
export function addMonths(day: string, months: number): string {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return dayOf(Date.UTC(year, month - 1 + months, Math.min(date, last)) / DAY_MS);
}

/** Returns the number of microseconds from 1970 to an instant, which is exact until the year 2255. */
export function microseconds(instant: string): number {
  const fraction = /\.(\d+)/.exec(instant)?.[1] ?? "";
  return Date.parse(instant.replace(/\.\d+/, "")) * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** Returns the last instant before this one: times are known to the microsecond. */
export function justBefore(instant: string): string {
  const before = microseconds(instant) - 1;
  const fraction = String(before % 1_000_000).padStart(6, "0");
  return `${new Date(Math.floor(before / 1_000)).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Returns the day of an instant in a time zone. */
export function dayIn(zone: string, instant: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(new Date(instant));
}

/** Returns the instant, in UTC, at which the clocks of a time zone show this local time, `2026-06-20T10:30`. */
export function instantIn(zone: string, local: string): string {
  const wanted = Date.parse(`${local}Z`);
  let guess = wanted;
  // The second round corrects the offset where the first guess lies on the other side of a change of the clocks.
  for (let round = 0; round < 2; round += 1) guess = wanted - offset(zone, guess);
  return new Date(guess).toISOString();
}

/** Returns the local time of an instant in a time zone, to the second: `2026-06-20T10:30:00`. */
export function localIn(zone: string, instant: string): string {
  const time = Date.parse(instant);
  return new Date(time + offset(zone, time)).toISOString().slice(0, 19);
}

function offset(zone: string, time: number): number {
  const whole = Math.floor(time / 1_000) * 1_000;
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(whole);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return local - whole;
}

/** Returns the length of a time as `02:14`, or `1:02:14` from an hour on. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const two = (number: number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}
