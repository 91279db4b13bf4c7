/** What a list of accounts and sites is filtered by, in the address and out of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { filtersOf, kindOf, withList } from "../src/account/listing.ts";

test("the filters of an address are those of its list, blank ones left out", () => {
  const address = "?valid=2026-05-01&customer=1001&profile_class=Late+payers&set_here=%20&nope=1";
  assert.equal(kindOf(address), "accounts");
  assert.deepEqual(filtersOf(address), { customer: "1001", profile_class: "Late payers" });
  assert.equal(kindOf(`${address}&of=sites`), "sites");
  assert.deepEqual(filtersOf(`${address}&of=sites`), { profile_class: "Late payers" });
});

test("an address with another list keeps the point in time, and nothing that the list does not have", () => {
  const address = "valid=2026-05-01&customer=1001&class_version_below=3";
  const filters = { customer: "1001", profile_class: "Late payers", set_here: "" };
  assert.equal(withList(address, "sites", filters), "valid=2026-05-01&of=sites&profile_class=Late+payers");
  assert.equal(withList(address, "accounts", {}), "valid=2026-05-01");
});
