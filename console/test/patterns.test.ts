import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePattern } from "../src/shell/patterns.ts";

function parameters(pattern: string, path: string): Record<string, string | undefined> | null {
  const { keys, pattern: parsed } = parsePattern(pattern);
  const found = parsed.exec(path);
  return found && Object.fromEntries(keys.map((key, index) => [key, found[index + 1]]));
}

test("a part of a path may hold any character", () => {
  for (const name of ["A=1&b#?+", "100%", "100%3D", "Late payers", "אבג", "a/b"]) {
    const path = `/set-up/classes/${encodeURIComponent(name)}/propagations/2`;
    assert.deepEqual(parameters("/set-up/classes/:name/propagations/:version", path), { name, version: "2" });
  }
});

test("a pattern is for whole paths, with or without a slash at the end", () => {
  assert.deepEqual(parameters("/customers/:number", "/customers/1001/"), { number: "1001" });
  assert.equal(parameters("/customers/:number", "/customers/1001/history"), null);
  assert.equal(parameters("/customers/:number", "/customers"), null);
  assert.deepEqual(parameters("*", "/anything"), {});
});

test("what is not encoded rightly is taken as it is", () => {
  assert.deepEqual(parameters("/customers/:number", "/customers/%E0%A4%A"), { number: "%E0%A4%A" });
});
