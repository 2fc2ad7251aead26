/** What a viewer set for themselves in this browser: theme, density, time zone and language. Nothing of it is secret, or of a workspace. */

import { inStorage } from "../ui/browser_storage.ts";
import { type Language, LANGUAGES } from "../words/say.ts";

export interface Preferences {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  /** profile: that of the viewer's Clockify profile, where it is known; else the browser's. */
  zone: "profile" | "browser" | "utc";
  /** profile: that of the viewer's Clockify profile, where it is known; else the browser's. */
  language: "profile" | Language;
}

const KEY = "timewire.preferences";
const DEFAULTS: Preferences = { theme: "system", density: "comfortable", zone: "profile", language: "profile" };
const ALLOWED: { [Name in keyof Preferences]: readonly Preferences[Name][] } = {
  theme: ["system", "light", "dark"],
  density: ["comfortable", "compact"],
  zone: ["profile", "browser", "utc"],
  language: ["profile", ...LANGUAGES],
};

let present = read();

export function preferences(): Preferences {
  return present;
}

export function setPreference<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  present = { ...present, [name]: value };
  // Where nothing may be kept it holds until the page is left.
  inStorage(() => localStorage.setItem(KEY, JSON.stringify(present)));
}

function read(): Preferences {
  const kept = inStorage(() => JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  const of = <Name extends keyof Preferences>(name: Name): Preferences[Name] =>
    ALLOWED[name].find((value) => value === kept?.[name]) ?? DEFAULTS[name];
  return { theme: of("theme"), density: of("density"), zone: of("zone"), language: of("language") };
}
