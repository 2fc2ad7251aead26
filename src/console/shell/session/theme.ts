/** Light or dark, dense or not: attributes on the page, set by the viewer, their profile, or the system. */

import { type Preferences, preferences, setPreference } from "../preferences.ts";

export type Theme = "light" | "dark";

export function applyTheme(theme: Theme) {
  document.documentElement.dataset.theme = theme;
}

/** As the viewer set it; what the system prefers where they left it to that, and until the profile says otherwise. */
export function applyPreferences() {
  const { theme, density } = preferences();
  applyTheme(theme === "system" ? systemTheme() : theme);
  document.documentElement.dataset.density = density;
}

export function choose<Name extends keyof Preferences>(name: Name, value: Preferences[Name]) {
  setPreference(name, value);
  applyPreferences();
}

function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
