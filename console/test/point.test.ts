import assert from "node:assert/strict";
import { test } from "node:test";
import { NOW, pointOf, withPoint } from "../src/time/point.ts";

const POINT = { validAt: "2026-06-20", knownAt: "2026-11-27T03:31:47.189350Z" };

test("the address carries both clocks, to the microsecond", () => {
  const address = withPoint("/customers/1001?drawer=", POINT);
  assert.deepEqual(pointOf(address.split("?")[1] ?? ""), POINT);
  assert.match(address, /^\/customers\/1001\?drawer=&/);
});

test("now is left out of the address, and what else is in it stays", () => {
  assert.equal(withPoint("/customers?by=name&valid=2026-06-20", NOW), "/customers?by=name");
  assert.equal(withPoint("/customers?valid=2026-06-20", NOW), "/customers");
});

test("what is no day and no instant counts as left out", () => {
  assert.deepEqual(pointOf("valid=yesterday&known=2026-11-27"), NOW);
});
