import assert from "node:assert/strict";
import { test } from "node:test";
import {
  columnsHeader,
  delimiterParameter,
  doubles,
  isMatchable,
  type PreviewColumn,
  taken,
} from "../src/upload/reading.ts";

function column(name: string, goesTo: string | null): PreviewColumn {
  return {
    place: 1,
    column: name,
    examples: [],
    filled: 0,
    goes_to: goesTo,
    of_dossier: false,
    suggested_by: null,
    refused: 0,
    refused_values: [],
  };
}

test("a column goes where a person says, else where it is suggested, else nowhere", () => {
  const columns = [
    column("id", "customer_number"),
    column("town", "city"),
    column("shoes", null),
    column("born", null),
  ];
  const decisions = { town: "", born: "date_of_birth" };
  assert.deepEqual(taken(columns, decisions), { id: "customer_number", born: "date_of_birth" });
});

test("two columns with the same target are found, and rows need a number", () => {
  assert.deepEqual(doubles({ a: "city", b: "city", c: "name" }), ["city"]);
  assert.equal(isMatchable({ a: "city" }), false);
  assert.equal(isMatchable({ a: "city", b: "alternate_number" }), true);
});

test("columns travel as JSON in ASCII, and a tab by its name", () => {
  const columns = { Straße: "address", 𝒳: "city" };
  const header = columnsHeader(columns);
  assert.match(header, /^[\u0020-\u007e]+$/);
  assert.deepEqual(JSON.parse(header), columns);
  assert.deepEqual(
    [delimiterParameter("\t"), delimiterParameter(";"), delimiterParameter(null)],
    ["tab", ";", undefined],
  );
});
