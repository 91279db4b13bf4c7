import assert from "node:assert/strict";
import { test } from "node:test";
import { dayText, instantText, pointText, precisionOf, rangeText, speak, standing } from "../src/time/words.ts";

test("the month is a word, in the language of the browser", () => {
  assert.equal(dayText("2026-06-20", "en-GB"), "20 Jun 2026");
  assert.equal(dayText("2026-06-20", "de"), "20. Juni 2026");
});

test("a range names the year once, and an end that is left out is open", () => {
  assert.equal(rangeText("2026-03-01", "2026-07-15", "en-GB"), "1 Mar – 15 Jul 2026");
  assert.equal(rangeText("2026-03-01", null, "en-GB"), "1 Mar 2026 – open");
});

test("what there is from the first day of all has no beginning", () => {
  assert.equal(rangeText("0001-01-01", null, "en-GB"), "always");
  assert.equal(rangeText("0001-01-01", "2026-07-15", "en-GB"), "until 15 Jul 2026");
});

test("an instant is written in the company's zone, as precisely as it is needed", () => {
  const at = "2026-11-27T03:31:47.189350Z";
  assert.equal(instantText(at, "UTC", "minutes", "en-GB"), "27 Nov 2026, 03:31");
  assert.equal(instantText(at, "Europe/Berlin", "seconds", "en-GB"), "27 Nov 2026, 04:31:47");
  assert.equal(instantText(at, "UTC", 6, "en-GB"), "27 Nov 2026, 03:31:47.189350");
  assert.equal(instantText("2026-11-27T03:31:47Z", "UTC", 2, "en-GB"), "27 Nov 2026, 03:31:47.00");
});

test("seconds are written only where two instants need them to differ, and no more of their fractions than that", () => {
  assert.equal(precisionOf(["2026-11-27T03:31:00Z"]), "minutes");
  assert.equal(precisionOf(["2026-11-27T03:31:00Z", "2026-11-27T03:31:10Z"]), "seconds");
  assert.equal(precisionOf(["2026-11-27T03:31:10.1Z", "2026-11-27T03:31:00.2Z", "2026-11-27T03:31:09.9Z"]), "seconds");
  assert.equal(precisionOf(["2026-11-27T03:31:00.1Z", "2026-11-27T03:31:00.2Z"]), 1);
  assert.equal(precisionOf(["2026-11-27T03:31:00.189350Z", "2026-11-27T03:31:00.189Z", "2026-11-27T03:31:01Z"]), 4);
  assert.equal(precisionOf(["2026-11-27T03:31:00.000001Z", "2026-11-27T03:31:00Z"]), 6);
});

test("events of one commit, which are recorded at one instant, need no fractions", () => {
  assert.equal(precisionOf(["2026-11-27T03:31:00.189350Z", "2026-11-27T03:31:00.189350Z"]), "minutes");
});

test("a point in time says both clocks", () => {
  assert.equal(
    pointText("2026-06-20", "2026-11-27T03:31:47.189350Z", "UTC", "en-GB"),
    "20 June 2026, as known on 27 November 2026 at 03:31",
  );
  assert.equal(pointText("2026-06-20", null, "UTC", "en-GB"), "20 June 2026, as known now");
});

test("a version is past, in force or planned; its last day counts", () => {
  assert.equal(standing("2026-01-01", "2026-06-20", "2026-06-20"), "in force");
  assert.equal(standing("2026-01-01", "2026-06-19", "2026-06-20"), "past");
  assert.equal(standing("2026-06-21", null, "2026-06-20"), "planned");
});

test("another program may say in which language dates are written", () => {
  speak("de-AT");
  speak("no such language");
  assert.equal(dayText("2026-12-20"), "20. Dez. 2026");
  assert.equal(rangeText("2026-12-20", null), "20. Dez. 2026 – open");
});
