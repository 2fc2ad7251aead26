/** Event types as chips, and a search that adds one. */

import { useState } from "react";
import { Combobox, type ComboItem } from "../../ui/combobox.tsx";
import { say, sayLabel } from "../../words/say.ts";
import { titleOf, type Vocabulary } from "./vocabulary_api.ts";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";

export function EventPicker({ label, listLabel = say("Events"), place, types, vocabulary, onTypes }: {
  label: string;
  listLabel?: string;
  place: string;
  types: readonly string[];
  vocabulary: Vocabulary;
  onTypes(types: string[]): void;
}) {
  const { readOnly } = useEditor();
  const { faults, invalid, id } = useFaults(place);
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase().split(/[\s_]+/);
  const items = choicesOf(vocabulary).filter(({ key, label, detail }) =>
    !types.includes(key) && holdsAll(`${label} ${detail} ${key.replaceAll("_", " ")}`, wanted)
  );
  return (
    <>
      {types.length > 0 && (
        <ul className="fl-chips" aria-label={listLabel}>
          {types.map((type) => (
            <li key={type} className="fl-chip">
              <span>
                {titleOf(vocabulary, type)} <code className="muted">{type}</code>
              </span>
              {readOnly === null && (
                <button
                  type="button"
                  className="btn plain small"
                  aria-label={say("Remove {name}", { name: type })}
                  onClick={() => onTypes(types.filter((one) => one !== type))}
                >
                  ×
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {readOnly === null && (
        <div className="fl-field">
          <Combobox
            label={label}
            text={text}
            onText={setText}
            items={items}
            onPick={({ key }) => {
              onTypes([...types, key]);
              setText("");
            }}
            none={text.trim() && say("No event of this add-on matches")}
            placeholder={say("Search, for example: time entry, NEW_PROJECT")}
            invalid={invalid}
            describedBy={id}
            place={place}
          />
          <FaultText faults={faults} id={id} />
        </div>
      )}
    </>
  );
}

function choicesOf({ events, customSources }: Vocabulary): ComboItem[] {
  return [
    ...customSources.map(({ name, eventType }) => ({
      key: eventType,
      label: say("Custom source {name}", { name }),
      detail: `${say("Custom source")} · ${eventType}`,
    })),
    ...events.map(({ type, title, family }) => ({
      key: type,
      label: sayLabel(title),
      detail: `${family.replaceAll("_", " ")} · ${type}`,
    })),
  ];
}

/** In any order, as people say them. */
function holdsAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
