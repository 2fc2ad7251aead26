/** Which language the viewer wants: as they chose in this browser, or as their Clockify profile says. */

import { inStorage } from "../ui/browser_storage.ts";
import { preferences } from "../shell/preferences.ts";
import { displayClaims, takeTokenFromAddress } from "../shell/session/token.ts";
import { type Language, languageIn, spoken } from "./say.ts";

const KEY = "timewire.profile_language";

/** As chosen; else as the token says; else as the profile said last, since a reloaded frame has no token yet; else the browser's. */
export function wantedLanguage(): Language {
  const { language } = preferences();
  if (language !== "profile") return language;
  const token = takeTokenFromAddress();
  const claim = token === undefined ? undefined : displayClaims(token).language;
  const profile = claim ?? inStorage(() => localStorage.getItem(KEY)) ?? navigator.language;
  return languageIn(profile) ?? "en";
}

/**
 * Notes what the profile says now. True where the page has to start again for it: it shows another language, and the next start
 * will know better.
 */
export function isOtherLanguage(profile: string): boolean {
  const isKept = inStorage(() => {
    localStorage.setItem(KEY, profile);
    return localStorage.getItem(KEY) === profile;
  });
  return isKept === true && wantedLanguage() !== spoken();
}
