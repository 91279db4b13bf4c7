/** The colours of profile classes, the same everywhere. */

const HUES = ["blue", "amber", "teal", "violet", "rose", "green", "clay"] as const;
export const DEFAULT_CLASS = "DEFAULT";

export interface Hue {
  readonly name: (typeof HUES)[number] | "slate" | "none";
  /** Whether another class has the same colour already. */
  readonly isDotted: boolean;
}

/** Returns the names of classes in the order in which they were defined, which is the order of their colours. */
export function inOrderOfDefinition(classes: readonly { name: string; defined_at: string }[]): string[] {
  return classes
    .toSorted((one, other) => (one.defined_at < other.defined_at ? -1 : one.defined_at > other.defined_at ? 1 : 0))
    .map(({ name }) => name);
}

/** Returns the colour of a class by its place among the others; null stands for no profile. */
export function hueOf(profileClass: string | null, classes: readonly string[]): Hue {
  if (profileClass === null) return { name: "none", isDotted: false };
  const place = classes.filter((name) => name !== DEFAULT_CLASS).indexOf(profileClass);
  const name = profileClass === DEFAULT_CLASS || place < 0 ? undefined : HUES[place % HUES.length];
  return { name: name ?? "slate", isDotted: place >= HUES.length };
}
