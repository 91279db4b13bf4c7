import assert from "node:assert/strict";
import { test } from "node:test";
import { hueOf, inOrderOfDefinition } from "../src/picture/hues.ts";

const CLASSES = [
  { name: "Big", defined_at: "2026-03-01T10:00:00Z" },
  { name: "DEFAULT", defined_at: "2026-01-01T10:00:00Z" },
  { name: "Small", defined_at: "2026-02-01T10:00:00Z" },
];

test("Classes take their colours in the order in which they were defined; DEFAULT is slate", () => {
  const order = inOrderOfDefinition(CLASSES);
  assert.deepEqual(order, ["DEFAULT", "Small", "Big"]);
  assert.deepEqual(
    ["DEFAULT", "Small", "Big"].map((name) => hueOf(name, order).name),
    ["slate", "blue", "amber"],
  );
});

test("A class that is defined later takes no colour from another; from the eighth on they repeat, dotted", () => {
  const more = Array.from({ length: 7 }, (_, index) => ({ name: `A${index}`, defined_at: `2026-04-0${index + 1}` }));
  const order = inOrderOfDefinition([...more, ...CLASSES]);
  assert.deepEqual(hueOf("Small", order), { name: "blue", isDotted: false });
  assert.deepEqual(hueOf("A5", order), { name: "blue", isDotted: true });
  assert.deepEqual(hueOf(null, order), { name: "none", isDotted: false });
});
