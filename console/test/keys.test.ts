import assert from "node:assert/strict";
import { test } from "node:test";
import { dayKey, type Reach, recordingKey } from "../src/picture/keys.ts";
import { dayNumber, dayOf } from "../src/time/dates.ts";

const REACH: Reach = {
  whole: { from: dayNumber("2026-01-01"), until: dayNumber("2027-01-01") },
  boundaries: [dayNumber("2026-01-01"), dayNumber("2026-03-01")],
  today: dayNumber("2026-11-27"),
  now: 7,
};
const CHOSEN = { day: dayNumber("2026-01-31"), stop: 3 };

test("keys of the days move by days, months, boundaries and to both ends", () => {
  const days: Record<string, string> = {
    ArrowLeft: "2026-01-30",
    ArrowDown: "2026-02-01",
    PageDown: "2026-02-28",
    PageUp: "2026-01-01",
    Home: "2026-01-01",
    End: "2026-12-31",
    ",": "2026-01-01",
    ".": "2026-03-01",
    t: "2026-11-27",
  };
  for (const [key, day] of Object.entries(days)) assert.equal(dayOf(dayKey(key, CHOSEN, REACH)?.day ?? 0), day, key);
  assert.equal(dayKey("n", CHOSEN, REACH)?.stop, 7);
  assert.equal(dayKey("Tab", CHOSEN, REACH), null);
});

test("keys of the recordings move by recordings, fives and to both ends", () => {
  const stops: Record<string, number> = { ArrowUp: 2, ArrowRight: 4, PageDown: 7, PageUp: 0, Home: 0, End: 7, n: 7 };
  for (const [key, stop] of Object.entries(stops)) assert.equal(recordingKey(key, CHOSEN, REACH)?.stop, stop, key);
  assert.equal(recordingKey("t", CHOSEN, REACH)?.day, REACH.today);
  assert.equal(recordingKey(",", CHOSEN, REACH), null);
});
