/** The theme: that of the system unless another is chosen. The server reads the cookie, so that the first paint has it already. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const COOKIE = "dossier-theme";
const YEAR_S = 31_536_000;

/** Returns the theme that the page has. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return THEMES.find((theme) => theme === chosen) ?? "system";
}

/** Puts a theme on the page. */
export function showTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Puts a theme on the page and keeps the choice in this browser. */
export function chooseTheme(theme: Theme): void {
  showTheme(theme);
  const lifetime = theme === "system" ? 0 : YEAR_S;
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie store is not in every browser yet
  document.cookie = `${COOKIE}=${theme}; Path=/; SameSite=Strict; Max-Age=${lifetime}`;
}
