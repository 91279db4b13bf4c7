import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf } from "../src/account/changes.ts";
import { compared } from "../src/account/comparing.ts";
import type { Schema } from "../src/api/types.ts";
import { isSamePoint, pairOf, withPair } from "../src/history/pair.ts";
import type { Version } from "../src/picture/versions.ts";
import { labelOf, type Value, valueText } from "../src/terms/options.ts";

test("the address holds both points, and what is left out is now", () => {
  const pair = {
    a: { validAt: "2026-03-01", knownAt: "2026-05-01T10:00:00.000001Z" },
    b: { validAt: null, knownAt: null },
  };
  const search = withPair("valid=2026-01-01&b_valid=2026-02-02", pair);
  assert.deepEqual(pairOf(search), pair);
  assert.match(search, /^valid=2026-01-01&/);
});

test("an address without the two points compares the point of the page with the same day as known now", () => {
  const then = { validAt: "2026-03-15", knownAt: "2026-05-15T10:00:00Z" };
  const page = `valid=${then.validAt}&known=${then.knownAt}`;
  assert.deepEqual(pairOf(page), { a: then, b: { validAt: then.validAt, knownAt: null } });
  const now = { validAt: null, knownAt: null };
  assert.deepEqual(pairOf(withPair(page, { a: now, b: now })), { a: now, b: now });
});

test("two points are the same where today is named and where it is left out", () => {
  const now = { validAt: null, knownAt: null };
  assert.ok(isSamePoint({ a: now, b: { validAt: "2026-03-15", knownAt: null } }, "2026-03-15"));
  assert.ok(!isSamePoint({ a: now, b: { validAt: "2026-03-15", knownAt: null } }, "2026-03-16"));
  assert.ok(!isSamePoint({ a: now, b: { validAt: null, knownAt: "2026-05-15T10:00:00Z" } }, "2026-03-15"));
});

function resolution(options: Record<string, unknown>): Schema<"Resolution"> {
  const explained = Object.entries(options).map(([name, value]) => [name, { value, origin: "class" }]);
  return { options: Object.fromEntries(explained), amounts: {}, attributes: {} } as unknown as Schema<"Resolution">;
}

test("values stand side by side in the order of a form, and differ where one is not set", () => {
  const rows = compared(resolution({ payment_terms: "NET 30", collector: "EAST" }), resolution({ collector: "EAST" }));
  assert.deepEqual(
    rows.map(({ path, isDifferent }) => [path, isDifferent]),
    [
      ["options.collector", false],
      ["options.payment_terms", true],
    ],
  );
});

test("values are written as people do", () => {
  assert.equal(labelOf("amounts.USD.credit_limit"), "Credit limit (USD)");
  assert.deepEqual(([true, 5, { rate: "1.5" }, { amount: "7" }] as Value[]).map(valueText), ["yes", "5", "1.5 %", "7"]);
});

test("a value that was set here before is told with the one that it replaced (rule 2.18)", () => {
  const at = (recorded_at: string, set_here: object) =>
    ({ recorded_at, set_here, effective_from: "2026-01-01", effective_to: null, event_id: recorded_at }) as Version;
  const versions = [
    at("2026-01-01T00:00:00Z", { "options.collector": "EAST" }),
    at("2026-01-02T00:00:00Z", { "options.collector": "WEST", "options.risk_code": null }),
  ];
  assert.deepEqual(changesOf(versions, 1), [
    { path: "options.collector", before: "EAST", after: "WEST" },
    { path: "options.risk_code", before: undefined, after: null },
  ]);
});
