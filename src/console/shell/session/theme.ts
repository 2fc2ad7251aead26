/** Light or dark: one attribute on the page, set by the viewer's profile, the system, or the switch. */

export type Theme = "light" | "dark";

export function applyTheme(theme: Theme) {
  document.documentElement.dataset.theme = theme;
}

export function currentTheme(): Theme {
  return document.documentElement.dataset.theme === "dark" ? "dark" : "light";
}

/** What the system prefers, until the profile says otherwise. */
export function applySystemTheme() {
  applyTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}
