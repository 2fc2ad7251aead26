/**
 * Words of the console in the viewer's language. The English texts are the keys of the catalogues (de.ts, es.ts, pt.ts), so that a
 * page reads as it is shown, and what no catalogue has is shown in English.
 */

export const LANGUAGES = ["en", "de", "es", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Of a text that counts: its forms as Intl.PluralRules names them, in languages that have these two. */
export interface Counted {
  one: string;
  other: string;
}

/** Translations by English text, of a counted one by its form for many. */
export type Catalogue = Readonly<Record<string, string | Counted>>;

/** Names of the places in a text, as in `{name}`. */
export type Places<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest>
  : never;
type Values<Text extends string> = { readonly [Name in Places<Text>]: string | number };
type Given<Text extends string> = [Places<Text>] extends [never] ? [] : [values: Values<Text>];

let present: Language = "en";
let catalogue: Catalogue = {};
let plurals = new Intl.PluralRules("en");

/** Called once, before the first text is asked for: texts of modules are made as these load. */
export function speak(language: Language, translations: Catalogue): void {
  present = language;
  catalogue = translations;
  plurals = new Intl.PluralRules(language);
}

/** The language that texts are in. */
export function spoken(): Language {
  return present;
}

/**
 * The text in the viewer's language, with `{name}` filled in. `text` is a literal, which tests look for in the catalogues. Of a word
 * with two meanings it says which, after `##`, as in "Open##of a breaker": that is read by translators alone.
 */
export function say<Text extends string>(text: Text, ...[values]: Given<Text>): string {
  return filled(translated(text), values);
}

/** Of what is counted: `one` or `many` by the count; where they show it, `{count}` is given among the values. */
export function sayCount<One extends string, Many extends string>(
  count: number,
  one: One,
  many: Many,
  ...[values]: Given<One | Many>
): string {
  const found = catalogue[many];
  const { one: single, other } = typeof found === "object" ? found : { one, other: many };
  return filled(plurals.select(count) === "one" ? single : other, values);
}

/** What `make` says, in English: for texts that are stored, such as the name that a flow gets of its steps. */
export function inEnglish<Made>(make: () => Made): Made {
  const kept = { present, catalogue, plurals };
  speak("en", {});
  try {
    return make();
  } finally {
    ({ present, catalogue, plurals } = kept);
  }
}

/** As the catalogue has it, with its places and tags as they are: for texts with elements in them. */
export function translated(text: string): string {
  const found = catalogue[text];
  return typeof found === "string" ? found : text.replace(/##.*$/s, "");
}

/**
 * A label of a fixed list that comes with answers of the API, as in "Timer stopped": its entry of vocabulary.ts, whose keys are the
 * labels as the server has them; one that it does not have, of a newer server, stays as it came.
 */
export function sayLabel(label: string): string {
  const found = catalogue[label];
  return typeof found === "string" ? found : label;
}

function filled(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replaceAll(/\{(\w+)\}/g, (place, name) => name in values ? String(values[name]) : place);
}

/** A text in the middle of a sentence: without the capital of its beginning, except in German, whose nouns have it, and of "HTTP". */
export function inSentence(text: string): string {
  return present === "de" || /^\p{Lu}{2}/u.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

/** "DE", "pt_BR", "de-CH": the language of ours that it is; undefined for others. */
export function languageIn(name: string | undefined | null): Language | undefined {
  const code = name?.slice(0, 2).toLowerCase();
  return LANGUAGES.find((language) => language === code);
}
