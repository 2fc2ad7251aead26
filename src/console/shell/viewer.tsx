/** What a viewer sets for themselves: theme, density and time zone, kept in this browser. */

import { type ReactNode, useState } from "react";
import { useFormat } from "../ui/format.tsx";
import { type Preferences, preferences } from "./preferences.ts";
import { choose } from "./session/theme.ts";

const THEMES: readonly [Preferences["theme"], string][] = [["system", "System"], ["light", "Light"], ["dark", "Dark"]];
const DENSITIES: readonly [Preferences["density"], string][] = [["comfortable", "Comfortable"], ["compact", "Compact"]];

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
      {hasTheme && <Pressed legend="Theme" of={THEMES} value={chosen.theme} onChoose={set("theme")} />}
      <Pressed legend="Density" of={DENSITIES} value={chosen.density} onChoose={set("density")} />
      <Pressed
        legend="Times in"
        of={format.zones.map(({ choice, name }) => [choice, name.replaceAll("_", " ")] as const)}
        value={format.zoneChoice}
        onChoose={format.setZone}
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
