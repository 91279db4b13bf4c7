/** Texts of the set-up pages. */

export const texts = {
  setup: "Set-up",
  /** What each section is for, by its path. */
  sections: {
    "/set-up/uploads": "Contact files that bring customers and their fields: progress, outcome, and a new one.",
  } as Readonly<Record<string, string>>,
} as const;
