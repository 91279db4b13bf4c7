import assert from "node:assert/strict";
import { test } from "node:test";
import { changeOf, EMPTY } from "../src/account/draft.ts";
import { pathOfRow, type Row } from "../src/terms/rows.ts";

const WHEN = { effective_from: null, effective_to: null, keep_later: false, reason: null };
const ROW: Row = { name: "options.tolerance_percent", currency: "", text: "5", isNotSet: false, unit: "rate" };

test("a class is assigned once it is chosen; a site's first one is created (rule 2.6)", () => {
  assert.equal(changeOf(EMPTY, false), null);
  const body = { profile_class: "Late payers", keep_overrides: false, create: true, ...WHEN };
  assert.deepEqual(changeOf({ ...EMPTY, profileClass: "Late payers" }, true), { act: "assign", body });
});

test("an update sends only what is touched, each value in its type (rule 2.21)", () => {
  const rows: Row[] = [
    ROW,
    { ...ROW, name: "options.credit_hold", text: "no" },
    { ...ROW, name: "options.clearing_days", text: "3" },
    { ...ROW, name: "options.risk_code", text: "", isNotSet: true },
    { ...ROW, name: "amounts.interest", currency: "usd", text: "1.5" },
    { ...ROW, name: "amounts.credit_limit", currency: "USD", text: "100" },
  ];
  assert.deepEqual(changeOf({ ...EMPTY, act: "update", rows, from: "2026-01-01", reason: " Why " }, false), {
    act: "update",
    body: {
      options: { tolerance_percent: "5", credit_hold: false, clearing_days: 3, risk_code: null },
      amounts: { USD: { interest: { rate: "1.5" }, credit_limit: "100" } },
      effective_from: "2026-01-01",
      effective_to: null,
      keep_later: false,
      reason: "Why",
    },
  });
  assert.equal(pathOfRow({ ...ROW, name: "amounts.interest", currency: "usd" }), "amounts.USD.interest");
});

test("an update waits until each of its values is there", () => {
  assert.equal(changeOf({ ...EMPTY, act: "update" }, false), null);
  assert.equal(changeOf({ ...EMPTY, act: "update", rows: [ROW, { ...ROW, text: " " }] }, false), null);
  assert.equal(changeOf({ ...EMPTY, act: "update", rows: [{ ...ROW, name: "amounts.credit_limit" }] }, false), null);
});

test("an end has a last day and no first one (rule 2.14)", () => {
  assert.deepEqual(changeOf({ ...EMPTY, act: "end", from: "2026-01-01", to: "2026-02-01" }, false), {
    act: "end",
    body: { effective_to: "2026-02-01", keep_later: false, reason: null },
  });
});
