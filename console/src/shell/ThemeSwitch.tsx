import { useState } from "react";
import { THEME_TEXTS, texts } from "./texts.ts";
import { chooseTheme, currentTheme, THEMES } from "./theme.ts";

/** Chooses between the theme of the system, light and dark. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(currentTheme);
  return (
    <select
      className="input theme"
      aria-label={texts.theme}
      value={theme}
      onChange={(event) => {
        const chosen = THEMES.find((each) => each === event.target.value) ?? "system";
        chooseTheme(chosen);
        setTheme(chosen);
      }}
    >
      {THEMES.map((each) => (
        <option key={each} value={each}>
          {THEME_TEXTS[each]}
        </option>
      ))}
    </select>
  );
}
