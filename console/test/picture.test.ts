/** The picture against a naive fold: a table of days, into which every version is written in the order of recording. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dayAt,
  HEIGHT,
  including,
  labelledRows,
  labels,
  recordingOf,
  rectangles,
  rowAt,
  rowOf,
  rowsOf,
  ticks,
  wholeWindow,
  windowAround,
  xOf,
} from "../src/picture/geometry.ts";
import {
  boundariesOf,
  inForce,
  nextBoundary,
  recordingAt,
  recordingsOf,
  spanAround,
  type Version,
  versionAt,
} from "../src/picture/versions.ts";
import { dayNumber, dayOf } from "../src/time/dates.ts";

const START = dayNumber("2024-01-01");
const DAYS = 800;

/** Returns numbers from 0 up to a limit, the same for the same seed. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * limit);
  };
}

function version(at: number, from: number, to: number | null, name: string | null = "A"): Version {
  return {
    event_id: `${at}-${from}-${name}`,
    effective_from: dayOf(from),
    effective_to: to === null ? null : dayOf(to),
    profile_class: name,
    recorded_at: new Date(1_700_000_000_000 + at * 60_000).toISOString(),
    set_here: {},
  } as Version;
}

/** Returns versions as they may be recorded: same-day changes, one-day versions, open ends, ended sites, several at one instant. */
function randomVersions(random: (limit: number) => number): Version[] {
  let at = 0;
  return Array.from({ length: 1 + random(60) }, () => {
    if (random(4) > 0) at += 1;
    const from = START + random(DAYS);
    const length = [0, 1, random(200)][random(3)] ?? 0;
    const name = random(6) === 0 ? null : `C${random(9)}`;
    return version(at, from, random(3) === 0 ? null : from + length, name);
  });
}

/** Returns the version of each day, written into a table one after the other. */
function naive(versions: readonly Version[]): (Version | null)[] {
  const table = Array<Version | null>(DAYS + 400).fill(null);
  for (const each of versions) {
    const last = each.effective_to === null ? table.length - 1 : dayNumber(each.effective_to) - START;
    for (let day = dayNumber(each.effective_from) - START; day <= last; day += 1) table[day] = each;
  }
  return table;
}

test("what is painted is what a table of days has, at every recording of random histories (rule 2.11)", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const recordings = recordingsOf(randomVersions(randomFrom(seed)));
    for (const index of recordings.keys()) {
      const table = naive(recordings.slice(0, index + 1).flatMap(({ versions }) => versions));
      const spans = inForce(recordings, index);
      for (let offset = seed % 7; offset < table.length; offset += 7) {
        const expected = table[offset];
        assert.equal(
          versionAt(recordings, index, START + offset),
          expected,
          `seed ${seed}, row ${index}, day ${offset}`,
        );
        assert.equal(spanAround(spans, START + offset)?.version ?? null, expected);
      }
      spans.slice(1).forEach((span, at) => {
        assert.ok((spans[at]?.until ?? 0) <= span.from, "no two overlap");
      });
    }
  }
});

test("the rectangle painted last over a place is that of the version in force there", () => {
  const width = 997;
  for (let seed = 1; seed <= 30; seed += 1) {
    const random = randomFrom(seed);
    const versions = randomVersions(random);
    const recordings = recordingsOf(versions);
    const window = wholeWindow(START, START + DAYS, boundariesOf(versions));
    const rows = rowsOf(recordings, 20, false);
    const drawn = rectangles(recordings, rows, window, width);
    for (let point = 0; point < 50; point += 1) {
      const day = window.from + random(window.until - window.from);
      const row = random(rows.tops.length - 1);
      const x = xOf(window, width, day + 0.5);
      const y = ((rows.tops[row] ?? 0) + (rows.tops[row + 1] ?? 0)) / 2;
      const top = drawn.findLast((each) => each.y <= y && each.x <= x && x < each.x + each.width);
      const index = Math.min(recordingOf(rows, row), recordings.length - 1);
      assert.equal(top?.version ?? null, versionAt(recordings, index, day));
      assert.equal(dayAt(window, width, x), day);
      assert.equal(rowAt(rows, y), row);
    }
  }
});

test("both ends of a version count, on a leap day, too", () => {
  const leapDay = dayNumber("2024-02-29");
  const recordings = recordingsOf([version(1, START, null), version(2, leapDay, leapDay, "B")]);
  const name = (day: string) => versionAt(recordings, 1, dayNumber(day))?.profile_class;
  assert.deepEqual(["2024-02-28", "2024-02-29", "2024-03-01"].map(name), ["A", "B", "A"]);
  assert.equal(versionAt(recordings, 1, START - 1), null);
});

test("an ended site has a version without a class from then on, and the last of the same instant counts", () => {
  const ended = version(2, START + 60, null, null);
  const recordings = recordingsOf([version(1, START, null), ended]);
  assert.equal(versionAt(recordings, 1, START + 60), ended);
  assert.equal(versionAt(recordings, 0, START + 60)?.profile_class, "A");
  const together = recordingsOf([version(1, START, null, "A"), version(1, START, null, "B")]);
  assert.equal(together.length, 1);
  assert.equal(versionAt(together, 0, START)?.profile_class, "B");
});

test("an instant knows what was recorded at it, to the microsecond", () => {
  const instants = ["2026-11-27T03:31:47.189350Z", "2026-11-27T03:31:47.189351Z", "2026-11-27T03:31:48Z"];
  const recordings = instants.map((at) => ({ at, versions: [] }));
  assert.equal(recordingAt(recordings, "2026-11-27T03:31:47.189349Z"), -1);
  assert.equal(recordingAt(recordings, "2026-11-27T03:31:47.18935Z"), 0);
  assert.equal(recordingAt(recordings, "2026-11-27T04:31:47.189351+01:00"), 1);
  assert.equal(recordingAt(recordings, null), 2);
});

test("the picture ends an eighth after the later of today and the last boundary", () => {
  assert.deepEqual(wholeWindow(START, START + 10, [START, START + 79]), { from: START, until: START + 90 });
  assert.equal(wholeWindow(START, START + 159, [START]).until, START + 180);
});

test("a window moves no further than the day that it shall show", () => {
  const window = windowAround(START, 90);
  assert.deepEqual(including(window, START), window);
  assert.equal(including(window, window.until).until, window.until + 1);
  assert.equal(including(window, window.from - 3).from, window.from - 3);
});

test("boundaries are the first days and the days after the last ones", () => {
  const boundaries = boundariesOf([version(1, START, null), version(2, START + 5, START + 5)]);
  assert.deepEqual(boundaries, [START, START + 5, START + 6]);
  assert.equal(nextBoundary(boundaries, START, 1), START + 5);
  assert.equal(nextBoundary(boundaries, START + 6, 1), START + 6);
  assert.equal(nextBoundary(boundaries, START + 6, -1), START + 5);
});

test("labels of the axis have 48 pixels, but for short months, and January is a year", () => {
  for (const days of [90, 365, 1_096, 20_000]) {
    const marks = ticks({ from: START, until: START + days }, 800);
    assert.ok(marks.length > 0);
    for (const [index, tick] of marks.entries()) {
      const before = marks[index - 1];
      if (before !== undefined) assert.ok(tick.x - before.x >= 44, `${days} days: ${tick.x - before.x}`);
      assert.equal(tick.isYear, dayOf(tick.day).endsWith("-01-01"));
    }
  }
});

test("rows share the height, and beyond 40 the earlier recordings share one", () => {
  const recordings = recordingsOf(Array.from({ length: 151 }, (_, index) => version(index, START, null)));
  const rows = rowsOf(recordings, 40, false);
  assert.equal(rows.earlier, 111);
  assert.equal(rows.tops.length, 43);
  assert.deepEqual(
    [0, 110, 111, 150].map((index) => rowOf(rows, index)),
    [0, 0, 1, 40],
  );
  assert.deepEqual([recordingOf(rows, 0), recordingOf(rows, 40)], [110, 150]);
  assert.deepEqual(rowsOf(recordings.slice(0, 1), 40, false).tops, [0, 58, 116]);
  assert.deepEqual(labelledRows(rows, 1), [1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, 37, 40]);
});

test("to scale, a row is as high as the time that passed, and 14 pixels at least", () => {
  const recordings = recordingsOf([version(0, START, null), version(100, START, null), version(101, START, null)]);
  const { tops } = rowsOf(recordings, 40, true);
  const heights = tops.slice(1).map((top, row) => top - (tops[row] ?? 0));
  assert.equal(heights[2], 14);
  assert.ok((heights[0] ?? 0) > 5 * (heights[1] ?? 0));
  assert.ok((tops.at(-1) ?? 0) <= HEIGHT);
});

test("a label stands where its version is seen, in 64 by 30 pixels", () => {
  const short = Array.from({ length: 38 }, (_, row) => version(row + 1, START, START + 9, "B"));
  const recordings = recordingsOf([version(0, START, null), ...short]);
  const window = { from: START, until: START + 100 };
  const [label, ...others] = labels(recordings, rowsOf(recordings, 40, false), window, 500);
  assert.deepEqual(others, []);
  assert.deepEqual([label?.version.profile_class, label?.x, label?.width], ["A", 50, 450]);
});
