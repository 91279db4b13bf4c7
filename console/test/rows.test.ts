import assert from "node:assert/strict";
import { test } from "node:test";
import { amountsOf, areFilled, rowOf } from "../src/terms/rows.ts";

test("An amount may be changed in several currencies at once, and in none twice", () => {
  const first = { ...rowOf("amounts.credit_limit", [], ["EUR"]), text: "5" };
  const second = { ...rowOf("amounts.credit_limit", [first], ["EUR"]), text: "6" };
  assert.deepEqual([first.currency, second.currency], ["EUR", "USD"]);
  assert.equal(areFilled([first, second]), true);
  assert.deepEqual(amountsOf([first, second]), { EUR: { credit_limit: "5" }, USD: { credit_limit: "6" } });
  assert.equal(areFilled([first, { ...second, currency: "eur" }]), false);
  assert.equal(rowOf("amounts.credit_limit", [first, second], ["EUR"]).currency, "");
});

test("A row without a value, or without a currency, is not filled", () => {
  assert.equal(areFilled([rowOf("options.collector")]), false);
  assert.equal(areFilled([{ ...rowOf("options.collector"), isNotSet: true }]), true);
  assert.equal(areFilled([{ ...rowOf("amounts.interest"), text: "1", currency: "U" }]), false);
});
