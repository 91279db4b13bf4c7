import assert from "node:assert/strict";
import { test } from "node:test";
import { byLabel } from "../src/customer/sorting.ts";

test("Sort By is ascending by label, whatever the case, and stable (rule 3.8)", () => {
  const fields = ["city", "Address", "CITY", "birth"].map((label, index) => ({ label, index }));
  assert.deepEqual(
    byLabel(fields).map(({ index }) => index),
    [1, 3, 0, 2],
  );
  assert.deepEqual(
    fields.map(({ index }) => index),
    [0, 1, 2, 3],
  );
});
