/**
 * Loads the viewer's catalogue before any other module of the console runs: main.tsx imports it, and asks for the others once it
 * is there, so that their constants may be texts. Another language is another start of the page.
 */

import { wantedLanguage } from "./profile_language.ts";
import { type Catalogue, type Language, speak } from "./say.ts";

/** They import types alone: what one loaded at run time would wait for this module. */
const CATALOGUES: Record<Exclude<Language, "en">, () => Promise<{ default: Catalogue }>> = {
  de: () => import("./de.ts"),
  es: () => import("./es.ts"),
  pt: () => import("./pt.ts"),
};

const language = wantedLanguage();
if (language !== "en") {
  try {
    speak(language, (await CATALOGUES[language]()).default);
    document.documentElement.lang = language;
  } catch {
    // The texts themselves are English.
  }
}
