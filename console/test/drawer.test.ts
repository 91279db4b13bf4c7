import assert from "node:assert/strict";
import { test } from "node:test";
import {
  choose,
  conflicts,
  type Drawer,
  type DrawerCategory,
  decided,
  needsAnswer,
  responses,
  storedAnswers,
} from "../src/customer/drawer.ts";

function category(code: number, value: string | null, more: Partial<DrawerCategory> = {}): DrawerCategory {
  return {
    code,
    description: `Category ${code}`,
    position: code,
    required: false,
    blank_offered: true,
    choices: [],
    shown: value === null ? "blank" : "stored",
    value,
    value_description: value,
    effective_from: null,
    effective_to: null,
    changed_by: null,
    changed_at: null,
    ...more,
  };
}

function drawer(...categories: DrawerCategory[]): Drawer {
  return { categories } as Drawer;
}

test("what is shown anyway is no choice, and the blank one is sent as null", () => {
  const age = category(1, "A");
  const choices = choose(choose({}, age, "B"), category(2, "X"), "");
  assert.deepEqual(responses(choices), { 1: "B", 2: null });
  assert.deepEqual(choose(choices, age, "A"), { 2: "" });
});

test("only a required category that shows nothing needs an answer (rules 1.6, 1.8)", () => {
  assert.ok(needsAnswer(category(1, null, { required: true })));
  assert.ok(!needsAnswer(category(1, "A", { required: true, shown: "defaulted" })));
  assert.ok(!needsAnswer(category(1, null)));
});

test("two people conflict only where both chose, and chose differently", () => {
  const before = drawer(category(1, null), category(2, null), category(3, null), category(4, "D"));
  const now = drawer(category(1, "A"), category(2, "B"), category(3, "C"), category(4, "D"));
  const choices = { 1: "Z", 2: "B", 4: "E" };
  assert.deepEqual(conflicts(before, now, choices), { 1: { theirs: "A", yours: "Z", picked: null } });
});

test("what gives way to the answer of somebody else is not sent", () => {
  const choices = { 1: "Z", 2: "B" };
  const conflict = { theirs: "A", yours: "Z" };
  assert.deepEqual(decided(choices, { 1: { ...conflict, picked: "A" } }), { 2: "B" });
  assert.deepEqual(decided(choices, { 1: { ...conflict, picked: "Z" } }), choices);
});

test("OK stores what was chosen and every shown default, and says so in words (rules 1.6, 1.9)", () => {
  const choices = [{ code: "A", description: "18-29" }];
  const shown = drawer(
    category(1, "B", { choices }),
    category(2, "A", { choices, shown: "defaulted" }),
    category(3, "A", { choices }),
    category(4, "A", { choices }),
  );
  assert.deepEqual(storedAnswers(shown, { 1: "A", 4: "" }), [
    { label: "Category 1", answer: "18-29" },
    { label: "Category 2", answer: "18-29" },
    { label: "Category 4", answer: null },
  ]);
});
