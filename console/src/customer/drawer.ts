/** What is chosen in the drawer, and what became of it when somebody else was there first. */

import type { Schema } from "../api/types.ts";

export type Drawer = Schema<"Drawer">;
export type DrawerCategory = Schema<"DrawerCategory">;

/** Chosen responses by category code, where they differ from what is shown; the empty text is the blank choice. */
export type Choices = Readonly<Record<string, string>>;

/** A category that somebody else answered after the drawer was opened. */
export interface Conflict {
  theirs: string;
  yours: string;
  /** The one of the two that was chosen; null before. */
  picked: string | null;
}

export type Conflicts = Readonly<Record<string, Conflict>>;

/** Returns what a category's field shows, the empty text where it is blank (rule 1.6). */
export function shownValue(category: DrawerCategory): string {
  return category.value ?? "";
}

/** Returns whether the category demands an answer and has none: not stored, and no default to be stored with OK (rule 1.8). */
export function needsAnswer(category: DrawerCategory): boolean {
  return category.required && category.shown === "blank";
}

/** Returns the choices with another one; what is shown anyway is no choice. */
export function choose(choices: Choices, category: DrawerCategory, value: string): Choices {
  const { [category.code]: _, ...others } = choices;
  return value === shownValue(category) ? others : { ...others, [category.code]: value };
}

/** Returns the choices as the API takes them: `null` for the blank choice. */
export function responses(choices: Choices): Record<string, string | null> {
  return Object.fromEntries(Object.entries(choices).map(([code, value]) => [code, value === "" ? null : value]));
}

/** Returns the categories that were chosen here and answered elsewhere since, by code. */
export function conflicts(before: Drawer, now: Drawer, choices: Choices): Conflicts {
  const seen = new Map(before.categories.map((category) => [category.code, shownValue(category)]));
  const both = now.categories.flatMap((category): [number, Conflict][] => {
    const yours = choices[category.code];
    const theirs = shownValue(category);
    const changed = yours !== undefined && theirs !== seen.get(category.code) && theirs !== yours;
    return changed ? [[category.code, { theirs, yours, picked: null }]] : [];
  });
  return Object.fromEntries(both);
}

/** Returns the choices without those that gave way to the answer of somebody else. */
export function decided(choices: Choices, both: Conflicts): Choices {
  return Object.fromEntries(
    Object.entries(choices).filter(([code]) => !both[code] || both[code].picked === both[code].yours),
  );
}

/** An answer that OK stored, in words. */
export interface StoredAnswer {
  readonly label: string;
  /** Null for the blank choice. */
  readonly answer: string | null;
}

/** Returns what OK stores: what was chosen, and every default that was shown (rules 1.6, 1.9). */
export function storedAnswers(drawer: Drawer, choices: Choices): StoredAnswer[] {
  return drawer.categories
    .filter((category) => choices[category.code] !== undefined || category.shown === "defaulted")
    .map((category) => {
      const value = choices[category.code] ?? shownValue(category);
      return { label: category.description, answer: value === "" ? null : description(category, value) };
    });
}

/** Returns the words of a choice. */
export function description(category: DrawerCategory, value: string): string {
  return category.choices.find(({ code }) => code === value)?.description ?? value;
}
