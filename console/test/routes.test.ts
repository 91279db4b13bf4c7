import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { RIGHTS } from "../src/api/rights.ts";
import routes from "../src/routes.json" with { type: "json" };
import { AREAS } from "../src/shell/areas.ts";

test("every route has its page, and every area its route", () => {
  for (const { page } of routes) assert.ok(existsSync(new URL(`../src/${page}`, import.meta.url)), page);
  for (const { path } of AREAS)
    assert.ok(
      routes.some((route) => route.path === path),
      path,
    );
});

test("the rights are those of the API document", () => {
  const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
  const operations = Object.values<Record<string, { operationId: string; "x-roles"?: string[] }>>(document.paths)
    .flatMap((item) => Object.values(item))
    .filter((operation) => operation["x-roles"]);
  const expected = Object.fromEntries(operations.map((operation) => [operation.operationId, operation["x-roles"]]));
  assert.deepEqual(RIGHTS, expected);
});
