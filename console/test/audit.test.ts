/** Filters of the audit in the address, and changed values in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasOwnDays, labelOfChange, topicText, valueText } from "../src/audit/changed.ts";
import { fileAddress, filtersOf, orderOf, recordedOn, withFilters, without } from "../src/audit/filters.ts";
import { thingPath, thingText } from "../src/audit/things.ts";
import { NOW } from "../src/time/point.ts";

test("the address holds the filters, and what is blank or unknown is none", () => {
  assert.deepEqual(filtersOf("kind=customer&key=+1001+&actor=&colour=red"), { kind: "customer", key: "1001" });
  assert.deepEqual(filtersOf("recorded_from=soon"), { recorded_from: "soon" });
  assert.equal(orderOf("order=oldest"), "oldest");
  assert.equal(orderOf("order=up"), "newest");
});

test("other filters replace those of the address and nothing else in it", () => {
  const search = "known=2026-01-01T00%3A00%3A00Z&actor=ada&order=oldest";
  assert.equal(
    withFilters(search, { topic: "customer.renamed" }),
    "known=2026-01-01T00%3A00%3A00Z&order=oldest&topic=customer.renamed",
  );
  assert.deepEqual(filtersOf(withFilters("", recordedOn("2026-06-20"))), {
    recorded_from: "2026-06-20",
    recorded_to: "2026-06-20",
  });
});

test("a filter is taken away alone, the kind with its key", () => {
  const filters = { kind: "customer", key: "1001", actor: "ada" };
  assert.deepEqual(without(filters, "actor"), { kind: "customer", key: "1001" });
  assert.deepEqual(without(filters, "key"), { kind: "customer", actor: "ada" });
  assert.deepEqual(without(filters, "kind"), { actor: "ada" });
});

test("a file has all that is filtered, as known at the point", () => {
  const point = { validAt: "2026-01-01", knownAt: "2026-02-01T00:00:00Z" };
  assert.equal(
    fileAddress({ reason: "a & b" }, "oldest", point, "csv"),
    "/v1/history?reason=a+%26+b&order=oldest&format=csv&known_at=2026-02-01T00%3A00%3A00Z&bom=true",
  );
  assert.equal(fileAddress({}, "newest", NOW, "ndjson"), "/v1/history?order=newest&format=ndjson");
});

test("values are in words", () => {
  assert.equal(valueText(null), "(nothing)");
  assert.equal(valueText(false), "no");
  assert.equal(valueText({ rate: "2.5" }), "2.5 %");
  assert.equal(valueText({ amount: "5.00" }), "5.00");
  assert.equal(valueText(["a", "b"]), "a, b");
  assert.equal(valueText([]), "(nothing)");
  assert.equal(valueText(0), "0");
  assert.equal(topicText("customer.field_edited"), "customer: field edited");
});

test("the days of a change are told where they are not those of its event", () => {
  const event = { effective_from: "2026-01-01", effective_to: null } as Parameters<typeof hasOwnDays>[1];
  const change = (from: string | null, to: string | null) => ({
    field: "name",
    before: null,
    after: "x",
    effective_from: from,
    effective_to: to,
  });
  assert.equal(hasOwnDays(change("2026-01-01", null), event), false);
  assert.equal(hasOwnDays(change("2026-01-01", "2026-02-01"), event), true);
  assert.equal(hasOwnDays(change(null, null), event), false);
});

test("things have names, and a path where they have a page", () => {
  assert.equal(thingText("site", "A-7/S-1"), "Site S-1 of account A-7");
  assert.equal(thingPath("site", "A-7/S-1"), "/accounts/A-7/sites/S-1");
  assert.equal(thingText("controls", "demo"), "Controls");
  assert.equal(thingPath("interaction", "I-1"), null);
  assert.equal(thingPath("customer", "10/01"), "/customers/10");
});

test("a changed value is called what the forms call it", () => {
  const labels = new Map([
    ["field:city", "City"],
    ["category:7", "Age"],
  ]);
  for (const [path, label] of [
    ["fields.city", "City"],
    ["fields.old_field", "Old field"],
    ["responses.7", "Age"],
    ["responses.9", "Responses 9"],
    ["responses.A.description", "Responses A description"],
    ["options.tolerance_percent", "Tolerance %"],
    ["amounts.EUR.credit_limit", "Credit limit (EUR)"],
    ["controls.K87", "K87"],
    ["mappings.field:city", "City"],
    ["merged_into", "Merged into"],
    ["name", "Name"],
  ] as const) {
    assert.equal(labelOfChange(path, labels), label);
  }
});
