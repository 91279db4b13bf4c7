/** The colours of profile classes, the same everywhere. */

const HUES = ["blue", "amber", "teal", "violet", "rose", "green", "clay"] as const;
export const DEFAULT_CLASS = "DEFAULT";

export interface Hue {
  readonly name: (typeof HUES)[number] | "slate" | "none";
  /** Whether another class has the same colour already. */
  readonly isDotted: boolean;
}

/** Returns the colour of a class by its place among the others; null stands for no profile. */
export function hueOf(profileClass: string | null, classes: readonly string[]): Hue {
  if (profileClass === null) return { name: "none", isDotted: false };
  const place = classes.filter((name) => name !== DEFAULT_CLASS).indexOf(profileClass);
  const name = profileClass === DEFAULT_CLASS || place < 0 ? undefined : HUES[place % HUES.length];
  return { name: name ?? "slate", isDotted: place >= HUES.length };
}
