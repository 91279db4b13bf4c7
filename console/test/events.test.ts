/** What the events of a customer changed, in words (rules 1.13, 1.15, 3.11). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { actsOf, changesOf, type Entry, type Names } from "../src/customer/events.ts";
import { filtersOf, withFilters } from "../src/customer/historyFilters.ts";

const NAMES: Names = {
  label: (path) => `label of ${path}`,
  value: (path, value) => `${path}:${value}`,
};

function entry(changes: object[], data: object = {}): Entry {
  return { topic: "customer.told", data, changes } as unknown as Entry;
}

function change(field: string, before: unknown, after: unknown, effective_from: string | null = "2026-01-01") {
  return { field, before, after, effective_from, effective_to: null };
}

test("each value is told with the one before it, in words", () => {
  const [city] = changesOf(entry([change("fields.city", "London", null)]), NAMES);
  assert.deepEqual(city, {
    key: "fields.city 2026-01-01",
    label: "label of fields.city",
    before: "fields.city:London",
    after: null,
    days: null,
  });
});

test("a response has the description that it had when it was chosen", () => {
  const [age] = changesOf(entry([change("responses.1", "A1", "A2")], { response_description: "30-39" }), NAMES);
  assert.deepEqual([age?.before, age?.after], ["responses.1:A1", "30-39"]);
});

test("days are told where a value changed in several ways", () => {
  const changes = [change("name", "A", "B"), change("name", "C", "B", "2026-06-01"), change("fields.city", null, "X")];
  assert.deepEqual(
    changesOf(entry(changes), NAMES).map(({ days }) => days?.from),
    ["2026-01-01", "2026-06-01", undefined],
  );
});

test("what the words of an event tell is not told twice", () => {
  const told = [change("alternate_numbers.A1", null, "primary", null), change("merged_into", null, "1001", null)];
  assert.deepEqual(changesOf(entry(told), NAMES), []);
});

test("filters are in the address, and what cannot be one is left out", () => {
  const search = withFilters("valid=2026-01-01&actor=old", { field: "fields.city", actor: " ", back_dated: "true" });
  assert.equal(search, "valid=2026-01-01&field=fields.city&back_dated=true");
  assert.deepEqual(filtersOf(search), { field: "fields.city", back_dated: true });
  assert.deepEqual(filtersOf("recorded_from=soon&source=nowhere&back_dated=no&reason=phone"), { reason: "phone" });
});

test("what one person recorded at one time is one act", () => {
  const told = (actor: string, recorded_at: string) => ({ actor, recorded_at }) as unknown as Entry;
  const entries = [told("Ada", "10:43"), told("Ada", "10:42"), told("Ada", "10:42"), told("Bob", "10:42")];
  assert.deepEqual(
    actsOf(entries).map(({ actor, at, entries }) => [actor, at, entries.length]),
    [
      ["Ada", "10:43", 1],
      ["Ada", "10:42", 2],
      ["Bob", "10:42", 1],
    ],
  );
});
