/** What a viewer sets for themselves: theme, density, time zone and language, kept in this browser. */

import { type ReactNode, useState } from "react";
import { useFormat } from "../ui/format.tsx";
import { type Preferences, preferences } from "./preferences.ts";
import { choose } from "./session/theme.ts";
import { say, spoken } from "../words/say.ts";
import { wantedLanguage } from "../words/profile_language.ts";

const THEMES: readonly [Preferences["theme"], string][] = [
  ["system", say("System")],
  ["light", say("Light")],
  ["dark", say("Dark")],
];
const DENSITIES: readonly [Preferences["density"], string][] = [
  ["comfortable", say("Comfortable")],
  ["compact", say("Compact")],
];
/** Each by its own name, so that it is found by who reads no other. */
const LANGUAGES: readonly [Preferences["language"], string][] = [
  ["profile", say("As my profile")],
  ["en", "English"],
  ["de", "Deutsch"],
  ["es", "Español"],
  ["pt", "Português"],
];

/** `hasTheme`: false in a frame, whose host decides it. */
export function ViewerChoices({ hasTheme }: { hasTheme: boolean }) {
  const format = useFormat();
  const [chosen, setChosen] = useState(preferences);
  const set = <Name extends keyof Preferences>(name: Name) => (value: Preferences[Name]) => {
    choose(name, value);
    setChosen(preferences());
  };
  return (
    <>
      {hasTheme && <Pressed legend={say("Theme")} of={THEMES} value={chosen.theme} onChoose={set("theme")} />}
      <Pressed legend={say("Density")} of={DENSITIES} value={chosen.density} onChoose={set("density")} />
      <Pressed
        legend={say("Times in")}
        of={format.zones.map(({ choice, name }) => [choice, name.replaceAll("_", " ")] as const)}
        value={format.zoneChoice}
        onChoose={format.setZone}
      />
      <Pressed
        legend={say("Language")}
        of={LANGUAGES}
        value={chosen.language}
        onChoose={(language) => {
          set("language")(language);
          // Texts are made when the page starts; with unsaved changes the browser asks first.
          if (wantedLanguage() !== spoken()) location.reload();
        }}
      />
    </>
  );
}

function Pressed<Value extends string>({ legend, of, value, onChoose }: {
  legend: ReactNode;
  of: readonly (readonly [Value, string])[];
  value: Value;
  onChoose(value: Value): void;
}) {
  return (
    <fieldset className="pressed-row">
      <legend>{legend}</legend>
      {of.map(([each, name]) => (
        <button
          key={each}
          type="button"
          className="btn small"
          aria-pressed={each === value}
          onClick={() => onChoose(each)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
