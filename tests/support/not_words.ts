/** Texts of the console that are no words of a language: names, formats and code, the same for everybody. */

export const NOT_WORDS: ReadonlySet<string> = new Set(["English", "Deutsch", "Español", "Português"]);
