import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addDays,
  dayIn,
  dayNumber,
  dayOf,
  elapsed,
  firstOfNextMonth,
  instantIn,
  justBefore,
  localIn,
} from "../src/time/dates.ts";

test("a day and its number lead to each other", () => {
  for (const day of ["1970-01-01", "2024-02-29", "2026-12-31", "1815-12-10"]) assert.equal(dayOf(dayNumber(day)), day);
});

test("days are added across months and leap days", () => {
  assert.equal(addDays("2024-02-28", 1), "2024-02-29");
  assert.equal(addDays("2026-03-01", -1), "2026-02-28");
});

test("the first of the next month follows December into the next year", () => {
  assert.equal(firstOfNextMonth("2026-12-31"), "2027-01-01");
  assert.equal(firstOfNextMonth("2026-01-31"), "2026-02-01");
});

test("the day of an instant is that of the company's zone", () => {
  assert.equal(dayIn("Pacific/Auckland", "2026-11-27T12:00:00Z"), "2026-11-28");
  assert.equal(dayIn("America/New_York", "2026-11-27T03:00:00Z"), "2026-11-26");
});

test("a local time and its instant lead to each other, also around a change of the clocks", () => {
  for (const local of ["2026-06-20T10:30:00", "2026-03-29T00:59:59", "2026-03-29T03:00:00", "2026-10-25T04:00:00"]) {
    assert.equal(localIn("Europe/London", instantIn("Europe/London", local)), local);
  }
  assert.equal(instantIn("Europe/Berlin", "2026-07-01T12:00"), "2026-07-01T10:00:00.000Z");
});

test("a time that has passed is written in minutes and seconds", () => {
  assert.equal(elapsed(134_000), "02:14");
  assert.equal(elapsed(3_734_000), "1:02:14");
  assert.equal(elapsed(-5), "00:00");
});

test("just before an instant is a microsecond earlier, across seconds and days", () => {
  assert.equal(justBefore("2026-11-27T03:31:47.189350Z"), "2026-11-27T03:31:47.189349Z");
  assert.equal(justBefore("2026-01-01T00:00:00Z"), "2025-12-31T23:59:59.999999Z");
});
