/** What a merge takes, and what differs in a customer between two points (rules 5.2, 6.1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "../src/api/types.ts";
import { compared } from "../src/customer/comparing.ts";
import { mergedValues, olderOf } from "../src/customer/merging.ts";
import type { Snapshot } from "../src/customer/queries.ts";

interface Told {
  name?: string;
  registered?: string;
  age?: string;
  fields?: Record<string, string | null>;
  numbers?: string[];
}

function snapshot({
  name = "Ada",
  registered = "2026-01-01T00:00:00Z",
  age,
  fields = {},
  numbers = [],
}: Told): Snapshot {
  const listed = numbers.map((number, index) => ({ number, primary: index === 0, current: true }));
  const answer = { code: 1, description: "Age", shown: age === undefined ? "blank" : "stored", value_description: age };
  const business = Object.entries(fields).map(([key, value]) => ({ key, label: key.toUpperCase(), value }));
  return {
    customer: { name, registered_at: registered, alternate_numbers: listed },
    drawer: { categories: [answer] },
    widget: { business: { fields: business } },
  } as unknown as Snapshot;
}

test("the survivor keeps what it has and takes what it lacks; numbers stay with their customer", () => {
  const survivor = snapshot({ fields: { city: "London", loan: null }, numbers: ["A1"] });
  const other = snapshot({ name: "Grace", age: "65+", fields: { city: "Paris", loan: "7" }, numbers: ["B2"] });
  assert.deepEqual(
    mergedValues(survivor, other).map(({ key, survivor: mine, taken }) => [key, mine?.value, taken?.value]),
    [
      ["name", "Ada", undefined],
      ["fields.city", "London", undefined],
      ["responses.1", undefined, "65+"],
      ["fields.loan", undefined, "7"],
    ],
  );
});

test("the older one survives, to the microsecond; of two that are as old, the first", () => {
  const [early, late] = ["000001", "000002"].map((micro) => snapshot({ registered: `2026-01-01T00:00:00.${micro}Z` }));
  assert.ok(early && late);
  assert.equal(olderOf(late, early), early);
  assert.equal(olderOf(early, late), early);
  assert.equal(olderOf(early, { ...early }), early);
});

test("what differs is what the API says, and the rest of both points is alike", () => {
  const diff = {
    differences: [
      { field: "fields.born", label: "Born", before: "••••", after: "••••" },
      { field: "responses.1", label: "Age", before: null, after: "A5", after_description: "65+" },
      { field: "alternate_numbers.A1", label: "Alternate number", before: "primary", after: null },
    ],
  } as unknown as Schema<"Diff">;
  const a = snapshot({ fields: { born: "••••", city: "London" }, numbers: ["A1"] });
  const b = snapshot({ age: "65+", fields: { born: "••••", city: "London" } });
  assert.deepEqual(
    compared({ diff, a, b }).map(({ label, a: before, b: after, isDifferent }) => [
      label,
      before?.value ?? null,
      after?.value ?? null,
      isDifferent,
    ]),
    [
      ["Born", "••••", "••••", true],
      ["Age", null, "65+", true],
      ["Alternate number A1", "primary", null, true],
      ["Name", "Ada", "Ada", false],
      ["CITY", "London", "London", false],
    ],
  );
});

test("a customer that was not known at a point has nothing there", () => {
  const diff = { differences: [{ field: "name", label: "Name", before: null, after: "Ada" }] } as Schema<"Diff">;
  const [name] = compared({ diff, a: null, b: snapshot({}) });
  assert.deepEqual([name?.a, name?.b?.value], [null, "Ada"]);
});
