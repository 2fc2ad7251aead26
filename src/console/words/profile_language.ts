/** Which language the viewer wants: as they chose in this browser, or as their Clockify profile says. */

import { inStorage } from "../ui/browser_storage.ts";
import { preferences } from "../shell/preferences.ts";
import { displayClaims, takeTokenFromAddress } from "../shell/session/token.ts";
import { type Language, languageIn, spoken } from "./say.ts";

const KEY = "timewire.profile_language";

/** What the profile said last since the page started. */
let noted: string | undefined;

/** As chosen; else as the profile says, or said last: a frame that is loaded again has no token yet; else as the browser is. */
export function wantedLanguage(): Language {
  const { language } = preferences();
  if (language !== "profile") return language;
  return languageIn(noted ?? claimed() ?? inStorage(() => localStorage.getItem(KEY)) ?? navigator.language) ?? "en";
}

/**
 * Notes what the profile says now, for the next start too where the browser speaks another language. True where the page has to
 * start again for it.
 */
export function isOtherLanguage(profile: string): boolean {
  noted = profile;
  const wanted = languageIn(profile) ?? "en";
  const isKept = inStorage(() => {
    if (wanted === languageIn(navigator.language)) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, profile);
    return true;
  });
  return isKept === true && wantedLanguage() !== spoken();
}

function claimed(): string | undefined {
  const token = takeTokenFromAddress();
  return token === undefined ? undefined : displayClaims(token).language;
}
